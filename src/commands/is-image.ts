import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { isImagePlace } from '../nouns/image-place.ts';
import { looksLikeReference } from '../nouns/reference.ts';

/** What is there as a file is a project; what looks like an image's name is one. */
export function isImage(named: string, workingFolder: string): boolean {
  return !existsSync(resolve(workingFolder, named)) && (isImagePlace(named) || looksLikeReference(named));
}
