import { join } from 'node:path';
import { writeGathered } from '../cache/write-gathered.ts';
import { canonicalJson } from '../nouns/canonical-json.ts';
import { mayLinkData, placeData } from '../onnx/place-data.ts';
import { readModel } from '../onnx/read-model.ts';
import { type AssayedProject, graphPath } from './assay-record.ts';
import type { Workbench } from './workbench.ts';

/**
 * Where the files that ship lie, in their order, for those who run them: weights that lie in a layer alone are written beside their
 * graph once, and kept in the cache.
 */
export async function placedModel(
  { files, places }: Pick<AssayedProject, 'files' | 'places'>,
  { cache }: Pick<Workbench, 'cache'>,
): Promise<readonly string[]> {
  const paths = places.filter((place) => typeof place === 'string');
  if (paths.length === places.length) return paths;
  const key = canonicalJson({ placed: files.map(({ path, digest }) => ({ path, digest })) });
  const mayLink = mayLinkData(readModel(graphPath({ places })));
  const make = async (folder: string): Promise<void> => {
    for (const [index, { path }] of files.entries()) {
      const place = places[index] ?? path;
      if (typeof place === 'string') await placeData(place, join(folder, path), { mayLink });
      else await writeGathered(place, join(folder, path));
    }
  };
  const folder = await cache.folder(key, make, { check: 'sizes' });
  return files.map(({ path }) => join(folder, path));
}
