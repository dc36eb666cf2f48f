import { badRequest } from './request-error.ts';
import type { Signature } from './signature.ts';
import type { Tensors } from './tensor.ts';

/**
 * Holds texts against the length that the image was made for: what a model makes of a text grows with it.
 *
 * @throws RequestError 400 that names the input, and the length that was wanted and found
 */
export function assertTexts({ inputs }: Signature, tensors: Tensors): void {
  for (const { name, mostLetters } of inputs) {
    const data = mostLetters === undefined ? undefined : tensors[name]?.data;
    if (mostLetters === undefined || !Array.isArray(data)) continue;
    for (let index = 0; index < data.length; index++) {
      const found = data[index]?.length ?? 0;
      if (found > mostLetters) {
        throw badRequest(
          `input "${name}": text ${index} has ${found} letters, and this image was made for at most ${mostLetters}`,
        );
      }
    }
  }
}
