import type { LockedLayers, LockParts } from '../nouns/lock.ts';
import type { Assembly } from './assembly.ts';
import type { FitProject } from './fit-project.ts';
import { imageShelf } from './image-shelf.ts';
import type { ServerBundle } from './server-bundle.ts';
import type { Workbench } from './workbench.ts';

export interface AssemblyQuestion {
  readonly fit: FitProject;
  readonly parts: LockParts;
  readonly server: ServerBundle;
  readonly time: number;
  readonly locked: LockedLayers | undefined;
  /** Images that may be there from before. */
  readonly near: readonly string[];
}

/** What the image of a project is assembled from. */
export function assemblyOf(question: AssemblyQuestion, bench: Workbench): Assembly {
  const { fit, parts, server, time, locked, near } = question;
  const { project, plan, assayed } = fit;
  const places = new Map(assayed.files.map((file, index) => [file.path, assayed.places[index] ?? '']));
  return {
    parts,
    plan,
    server: async () => server.bytes,
    modelFile: async ({ path }) => places.get(path) ?? '',
    time,
    locked,
    sources: project.config.sources,
    images: imageShelf([...near, ...(project.config.sources.images ?? [])], project.folder, bench),
  };
}
