import type { LockedLayers, LockParts } from '../nouns/lock.ts';
import type { Project } from '../project/read-project.ts';
import type { Assembly } from './assembly.ts';
import type { ShippedProject } from './fit-project.ts';
import { imageShelf } from './image-shelf.ts';
import { renderPlan } from './make-plan.ts';
import type { ModelLayerAhead } from './model-layer-ahead.ts';
import type { ServerBundle } from './server-bundle.ts';
import type { Workbench } from './workbench.ts';

export interface AssemblyQuestion {
  readonly fit: ShippedProject;
  readonly parts: LockParts;
  readonly server: ServerBundle;
  readonly time: number;
  readonly locked: LockedLayers | undefined;
  /** The model's layer, where it was begun while the model was tried. */
  readonly ahead?: ModelLayerAhead | undefined;
  /** Images that may be there from before. */
  readonly near: readonly string[];
}

/** What the image of a project is assembled from. */
export function assemblyOf(question: AssemblyQuestion, bench: Workbench): Assembly {
  const { fit, parts, server, time, locked, near, ahead } = question;
  const { project, plan, assayed } = fit;
  const places = new Map(assayed.files.map((file, index) => [file.path, assayed.places[index] ?? '']));
  return {
    parts,
    planText: async () => renderPlan(plan),
    server: async () => server.bytes,
    modelFile: async ({ path }) => places.get(path) ?? '',
    time,
    locked,
    ahead,
    sources: project.config.sources,
    images: imageShelf(
      { names: [...near, ...(project.config.sources.images ?? [])], folder: project.folder, base: parts.base },
      bench,
    ),
  };
}

/** For what moves without the model: what has to do with it stays as it is locked, and is not made. */
export function emptyAssembly(
  { project, parts, time }: { readonly project: Project; readonly parts: LockParts; readonly time: number },
  bench: Workbench,
): Assembly {
  const unneeded = async (): Promise<never> => {
    throw new TypeError('this layer stays as it is locked');
  };
  return {
    parts,
    planText: unneeded,
    server: unneeded,
    modelFile: unneeded,
    time,
    locked: undefined,
    sources: project.config.sources,
    images: imageShelf({ names: [], folder: project.folder, base: parts.base }, bench),
  };
}
