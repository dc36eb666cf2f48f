import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Plan } from '../../schemas/plan.ts';
import type { Engine } from '../container/engine/engine.ts';
import { unpackImage } from '../container/held/unpack-image.ts';
import { EXIT, Failure } from '../nouns/failure.ts';
import { PLATFORMS, type Platform } from '../nouns/platform.ts';
import { readCarriedLock } from './carried-lock.ts';
import { startEngineServer } from './engine-server.ts';
import { loadHeldImage } from './load-held-image.ts';
import { PLAN_PATH } from './model-paths.ts';
import { openImage } from './open-image.ts';
import type { RunningServer } from './running-server.ts';
import { imageForCpu, readPlan } from './verify/image-under-test.ts';
import type { Workbench } from './workbench.ts';

export interface StartedImage {
  readonly plan: Plan;
  readonly server: RunningServer;
  readonly limitBytes: number | undefined;
  /** Takes the image out of the engine again, where it was not there before. */
  readonly release: () => Promise<void>;
}

export interface StartingOptions {
  readonly engine: Engine;
  /** The container's limit, over the image's own. */
  readonly memoryBytes: number | undefined;
  /** On 127.0.0.1; 0 for any free one. */
  readonly port: number;
  readonly onLog: (line: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Starts an image of this program, wherever it is, in the engine, under the memory limit that it says. Throws `image/no-lock` for an
 * image of another maker, `engine/wrong-platform` where there is none for the engine's processor, and what reading it throws.
 */
export async function startImage(text: string, options: StartingOptions, bench: Workbench): Promise<StartedImage> {
  const { engine, memoryBytes, port, onLog, signal } = options;
  const index = await openImage(text, bench.machine.workingFolder, bench);
  try {
    // Says what is no image of ours before anything is loaded or run.
    readCarriedLock(index);
    const held = imageForCpu(index, engine.architecture);
    const { architecture } = PLATFORMS[held.platform as Platform];
    if (architecture !== engine.architecture) throw otherPlatform(text, { has: held.platform, engine });
    const plan = await readPlanOf({ name: index.name, held }, bench);
    const { id, release } = await loadHeldImage({ name: index.name, held }, { engine, purpose: 'run', bench });
    const limitBytes = memoryBytes ?? plan.memoryBytes ?? undefined;
    try {
      const server = await startEngineServer(engine, {
        image: id,
        digest: index.document?.digest ?? held.config.digest,
        name: `plimsoll-${plan.name}`,
        memoryBytes: limitBytes,
        port,
        onLog,
        signal,
      });
      return { plan, server, limitBytes, release };
    } catch (error) {
      await release();
      throw error;
    }
  } finally {
    await index.close();
  }
}

async function readPlanOf({ name, held }: Parameters<typeof loadHeldImage>[0], bench: Workbench): Promise<Plan> {
  const folder = bench.cache.scratch();
  await mkdir(folder);
  try {
    // The model lies in the uppermost layer, and only that is read.
    const layers = held.layers.slice(-1);
    await unpackImage({ ...held, layers }, folder, { name, signal: bench.signal, wants: (path) => path === PLAN_PATH });
    return await readPlan(join(folder, PLAN_PATH), name);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function otherPlatform(text: string, { has, engine }: { readonly has: string; readonly engine: Engine }): Failure {
  return new Failure(`${text} is for ${has}, and the engine runs ${engine.os}/${engine.architecture}`, {
    code: 'engine/wrong-platform',
    exit: EXIT.usage,
    mend: 'Package for the processor of the machine that the engine runs on.',
  });
}
