import { badRequest } from '../request-error.ts';
import type { Port } from '../signature.ts';

/**
 * Holds a text against the length that the image was made for: what a model makes of a text grows with it.
 *
 * @throws RequestError 400 that names the input, and the length that was wanted and found
 */
export function assertLetters({ name, mostLetters }: Port, index: number, letters: number): void {
  if (mostLetters === undefined || letters <= mostLetters) return;
  throw badRequest(
    `input "${name}": text ${index} has ${letters} letters, and this image was made for at most ${mostLetters}`,
  );
}
