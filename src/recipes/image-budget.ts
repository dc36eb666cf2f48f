import type { Image, Index } from '../container/image/compose.ts';
import type { Finding } from '../nouns/finding.ts';
import type { Lock, LockedFile } from '../nouns/lock.ts';
import type { Platform } from '../nouns/platform.ts';
import type { Project } from '../project/read-project.ts';
import { rule } from '../validate/budget/image.ts';
import { overSize } from '../validate/budget/over-size.ts';
import { asFinding } from '../validate/rules/rule-finding.ts';

export type ImageBytes = Readonly<Partial<Record<Platform, number>>>;

/** What is over the budget of images: each platform's by itself, compressed, as it is pulled. */
export function imageBudget({ config, modelPath }: Project, sizes: ImageBytes): readonly Finding[] {
  return Object.entries(sizes).flatMap(([platform, bytes]) =>
    overSize(`image for ${platform}`, { bytes, budget: config.budget.image }).map((violation) =>
      asFinding({ rule, violation, file: modelPath, isHinted: false }),
    ),
  );
}

/** What is in the model's layer beside the prepared files: the plan, headers, and the image's documents. */
const AROUND_MODEL_BYTES = 16 * 1024;

/** Sizes of the images by the lock: all of their layers but the model's are as they were, and that one is not compressed. */
export function estimateImages(lock: Lock | undefined, files: readonly LockedFile[]): ImageBytes {
  const prepared = files.reduce((sum, { bytes }) => sum + bytes, AROUND_MODEL_BYTES);
  const platforms = Object.entries(lock?.layers.platforms ?? {}).map(([platform, layers]) => {
    const others = layers.filter(({ name }) => name !== 'model');
    return [platform, others.reduce((sum, { bytes }) => sum + bytes, prepared)];
  });
  return Object.fromEntries(platforms);
}

export function imageSizes({ images }: Index): ImageBytes {
  return Object.fromEntries(images.map((image) => [image.platform, imageBytes(image)]));
}

/** Bytes that are pulled for an image: its documents and layers. */
export function imageBytes({ manifest, config, layers }: Image): number {
  return layers.reduce((sum, layer) => sum + layer.size, manifest.size + config.size);
}
