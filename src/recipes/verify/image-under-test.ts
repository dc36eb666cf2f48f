import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Plan } from '../../../schemas/plan.ts';
import { digestOfFile } from '../../cache/digest-of-file.ts';
import type { HeldImage, HeldIndex } from '../../container/held/held-index.ts';
import { unpackImage } from '../../container/held/unpack-image.ts';
import { EXIT, Failure } from '../../nouns/failure.ts';
import type { Lock } from '../../nouns/lock.ts';
import { PLATFORMS, type Platform } from '../../nouns/platform.ts';
import { readCarriedLock } from '../carried-lock.ts';

/** An image that is to be verified, with what it says of itself and the model's files taken out. */
export interface ImageUnderTest {
  readonly name: string;
  readonly index: HeldIndex;
  readonly held: HeldImage;
  readonly platform: Platform;
  readonly lock: Lock;
  /** What its server goes by. */
  readonly plan: Plan;
  /** Where its `plan.json` and model lie now. */
  readonly modelFolder: string;
  /** Layers that are not what its lock names, by the lock's names. */
  readonly changedLayers: readonly string[];
  /** Whether the model's files are those of its lock. */
  readonly isLockedModel: boolean;
}

const MODEL_FOLDER = 'app/model/';

/** Reads an image for one platform; `folder` is for its model. Throws a Failure where it is none of this program's. */
export async function imageUnderTest(
  index: HeldIndex,
  { cpu, folder, signal }: { readonly cpu: string; readonly folder: string; readonly signal: AbortSignal | undefined },
): Promise<ImageUnderTest> {
  const { lock } = readCarriedLock(index);
  const held = imageForCpu(index, cpu);
  await unpackImage(held, folder, { name: index.name, signal, wants: (path) => path.startsWith(MODEL_FOLDER) });
  const modelFolder = join(folder, MODEL_FOLDER);
  const plan = await readPlan(join(modelFolder, 'plan.json'), index.name);
  const platform = held.platform as Platform;
  return {
    name: index.name,
    index,
    held,
    platform,
    lock,
    plan,
    modelFolder,
    changedLayers: changedLayers(held, lock.layers.platforms[platform] ?? []),
    isLockedModel: await isLockedModel(modelFolder, lock),
  };
}

/** The images for other processors, of those that this program makes images for. */
export function imagesElsewhere(image: ImageUnderTest): readonly ImageUnderTest[] {
  return image.index.images.flatMap((held) => {
    const platform = held.platform as Platform;
    if (platform === image.platform || !Object.hasOwn(PLATFORMS, platform)) return [];
    return [
      { ...image, held, platform, changedLayers: changedLayers(held, image.lock.layers.platforms[platform] ?? []) },
    ];
  });
}

/** The image for a processor, named as an engine or Node names it; where there is none, the first. */
export function imageForCpu({ images, name }: HeldIndex, cpu: string): HeldImage {
  const architecture = cpu === 'x64' ? 'amd64' : cpu;
  const known = images.filter(({ platform }) => Object.hasOwn(PLATFORMS, platform));
  const found = known.find(({ platform }) => platform === `linux/${architecture}`) ?? known[0];
  if (found) return found;
  throw new Failure(`${name} holds no image`, {
    code: 'image/unreadable',
    exit: EXIT.usage,
    mend: 'Name an image that plimsoll package made.',
  });
}

function changedLayers(
  { layers }: HeldImage,
  locked: readonly { readonly name: string; readonly diffId: string }[],
): readonly string[] {
  const changed = locked.filter(({ diffId }, at) => layers[at]?.diffId !== diffId).map(({ name }) => name);
  return layers.length > locked.length && changed.length === 0 ? ['a layer that the lock does not know'] : changed;
}

async function isLockedModel(folder: string, { prepared }: Lock): Promise<boolean> {
  for (const { path, digest } of prepared.files) {
    const found = await digestOfFile(join(folder, path)).catch(() => undefined);
    if (found !== digest) return false;
  }
  return true;
}

/** The plan that an image carries, laid down as a file. Throws `image/other-plan`. */
export async function readPlan(path: string, name: string): Promise<Plan> {
  const text = await readFile(path, 'utf8').catch(() => 'null');
  const plan = Plan.safeParse(parse(text));
  if (plan.success) return plan.data;
  throw new Failure(`the plan in ${name} is of another form: ${plan.error.issues[0]?.message}`, {
    code: 'image/other-plan',
    exit: EXIT.usage,
    mend: 'Run this with the release that made the image.',
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
