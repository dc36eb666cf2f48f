import { type Lock, sealLock } from '../nouns/lock.ts';
import { isGrave } from '../nouns/lock-health.ts';
import type { Platform } from '../nouns/platform.ts';
import { writeLock } from '../project/lock-file.ts';
import type { Project } from '../project/read-project.ts';
import { sourceDate } from './assemble-index.ts';
import { assemblyOf } from './assembly-of.ts';
import { assertBaseFits } from './assert-base-fits.ts';
import { demandOf } from './demand.ts';
import type { FitProject } from './fit-project.ts';
import { rememberedHealth } from './lock-health.ts';
import type { ModelLayerAhead } from './model-layer-ahead.ts';
import { lockLayers, type PackedLayers, packLayers } from './pack-layers.ts';
import { readServerBundle } from './server-bundle.ts';
import { settleLock } from './settle-lock.ts';
import type { Workbench } from './workbench.ts';

export interface LockedProject {
  readonly lock: Lock;
  /** Of the platforms that were asked for, at least. */
  readonly layers: PackedLayers;
  /** Seconds since 1970, the time of every file of the image. */
  readonly time: number;
}

export interface LockingOptions {
  /** Refuse to move the lock. */
  readonly frozen: boolean;
  /** Whose layers are wanted; a lock that is written has those of all the project's platforms. */
  readonly platforms: readonly Platform[];
  /** Layouts and the like, as on the command line, that may hold the image from before. */
  readonly near: readonly string[];
  /** The model's layer, where it was begun while the model was tried. */
  readonly ahead?: ModelLayerAhead;
}

/** Settles the lock of a project that is fit, makes the layers, and writes the lock where something moved. */
export async function lockProject(
  fit: FitProject,
  { frozen, platforms, near, ahead }: LockingOptions,
  bench: Workbench,
): Promise<LockedProject> {
  const { project, lock } = fit;
  const server = await readServerBundle();
  const { parts, moved } = await settleLock({ ...fit, demand: demandOf(fit, server), frozen }, bench);
  const time = sourceDate(bench.machine.env);
  const kept = moved === undefined ? lock : undefined;
  const assembly = assemblyOf({ fit, parts, server, time, locked: kept?.layers, near, ahead }, bench);
  try {
    const layers = await packLayers(assembly, kept ? platforms : project.config.platforms, bench);
    if (kept) {
      await tellAged(kept, bench);
      return { lock: kept, layers, time };
    }
    await assertBaseFits(assembly, project.config.platforms, bench);
    const written = sealLock({ ...parts, layers: lockLayers(layers, time) });
    bench.signal?.throwIfAborted();
    await writeLock(project.lockPath, written);
    tell(project, moved ?? [], bench);
    return { lock: written, layers, time };
  } finally {
    await assembly.images.close();
  }
}

/** What has aged in a lock that stays: nothing is asked for it, the clock and the last look of doctor --lock have to do. */
async function tellAged(lock: Lock, bench: Workbench): Promise<void> {
  for (const age of (await rememberedHealth(lock, bench)).filter(isGrave)) {
    bench.progress.note(`warning: ${age.message}\n  ${age.mend}`);
  }
}

function tell({ lockPath }: Project, moved: readonly string[], { progress }: Workbench): void {
  progress.note(
    moved.length === 0
      ? `wrote ${lockPath}: commit it, so that the next build is this one`
      : [`updated ${lockPath}:`, ...moved.map((line) => `  ${line}`)].join('\n'),
  );
}
