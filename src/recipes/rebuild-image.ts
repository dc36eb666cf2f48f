import { readFile } from 'node:fs/promises';
import { Plan } from '../../schemas/plan.ts';
import type { HeldIndex } from '../container/held/held-index.ts';
import { type Difference, imageDifferences } from '../container/held/image-differences.ts';
import type { Index } from '../container/image/compose.ts';
import { digestOf } from '../nouns/digest.ts';
import { EXIT, Failure } from '../nouns/failure.ts';
import type { Lock } from '../nouns/lock.ts';
import { assembleIndex } from './assemble-index.ts';
import type { Assembly } from './assembly.ts';
import { carriedFiles } from './carried-files.ts';
import { type CarriedLock, carriedLock } from './carried-lock.ts';
import { shelfOf } from './image-shelf.ts';
import { modelPath, PLAN_PATH } from './model-paths.ts';
import { openImage } from './open-image.ts';
import { packLayers } from './pack-layers.ts';
import { readServerBundle } from './server-bundle.ts';
import type { Workbench } from './workbench.ts';

export interface Rebuilt {
  readonly lock: Lock;
  /** What was built; the image's own digest where nothing differs. */
  readonly index: Index;
  readonly name: string;
  readonly differences: readonly Difference[];
}

/**
 * Builds an image again from the lock that it carries, and holds both against each other. Packages come from where they are to
 * be had; the model, which is nowhere else, comes out of the image, by digest. Throws a Failure where it cannot be built.
 */
export async function rebuildImage(text: string, bench: Workbench): Promise<Rebuilt> {
  const image = await openImage(text, bench.machine.workingFolder, bench);
  try {
    const carried = carriedLock(image);
    const { assembly, planText } = assemblyFrom(image, carried, bench);
    try {
      const layers = await packLayers(assembly, carried.platforms, bench);
      const plan = parsePlan(await planText(), image.name);
      const index = assembleIndex({ ...carried, plan, layers });
      const differences = await imageDifferences(image, index, bench.cache);
      return { lock: carried.lock, index, name: plan.name, differences };
    } finally {
      await assembly.images.close();
    }
  } finally {
    await image.close();
  }
}

function assemblyFrom(
  image: HeldIndex,
  { lock, time }: CarriedLock,
  bench: Workbench,
): { readonly assembly: Assembly; readonly planText: () => Promise<string> } {
  const plan = { path: PLAN_PATH, ...lock.plan };
  const server = { path: 'app/server.mjs', ...lock.server };
  const models = lock.prepared.files.map((file) => ({ ...file, path: modelPath(file.path) }));
  const find = carriedFiles([plan, ...models], image, bench);
  const findServer = carriedFiles([server], image, bench);
  const planText = async () => readFile(await find(plan), 'utf8');
  const assembly: Assembly = {
    parts: lock,
    planText,
    server: async () => {
      const own = await readServerBundle().catch(() => undefined);
      if (own && digestOf(own.bytes) === lock.server.digest) return own.bytes;
      return readFile(await findServer(server));
    },
    modelFile: ({ path, digest }) => find({ path: modelPath(path), digest }),
    time,
    locked: lock.layers,
    sources: {},
    images: shelfOf(image, { base: lock.base, folder: bench.machine.workingFolder }, bench),
    afresh: true,
  };
  return { assembly, planText };
}

function parsePlan(text: string, name: string): Plan {
  const plan = Plan.safeParse(JSON.parse(text));
  if (plan.success) return plan.data;
  throw new Failure(`the plan in ${name} is of another form: ${plan.error.issues[0]?.message}`, {
    code: 'image/other-plan',
    exit: EXIT.notReproducible,
    mend: 'Run this with the release that made the image.',
  });
}
