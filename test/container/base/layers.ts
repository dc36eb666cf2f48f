import { createHash } from 'node:crypto';
import type { BaseLayer } from '../../../src/container/base/merge-layers.ts';
import { digestFromHex } from '../../../src/nouns/digest.ts';
import { type TarFile, tarOf } from '../sources/fakes.ts';

/** Layers as an image has them, from what their tars hold. */
export async function layersOf(...layers: readonly (readonly TarFile[])[]): Promise<readonly BaseLayer[]> {
  return Promise.all(
    layers.map(async (files) => {
      const tar = await tarOf(files);
      const diffId = digestFromHex(createHash('sha256').update(tar).digest('hex'));
      return {
        diffId,
        open: async function* () {
          yield tar;
        },
      };
    }),
  );
}
