import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { isImagePlace } from '../nouns/image-place.ts';

/** What is there as a file is a project; what looks like an image's name is one. */
export async function isImage(named: string, workingFolder: string): Promise<boolean> {
  if (named === '') return false;
  const isThere = await stat(resolve(workingFolder, named)).then(
    () => true,
    () => false,
  );
  return !isThere && (isImagePlace(named) || /^[^/]+[.:][^/]*\/.+/.test(named) || named.includes('@'));
}
