import type { Image, Index } from '../container/image/compose.ts';
import type { Finding } from '../nouns/finding.ts';
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

export function imageSizes({ images }: Index): ImageBytes {
  return Object.fromEntries(images.map((image) => [image.platform, imageBytes(image)]));
}

/** Bytes that are pulled for an image: its documents and layers. */
export function imageBytes({ manifest, config, layers }: Image): number {
  return layers.reduce((sum, layer) => sum + layer.size, manifest.size + config.size);
}
