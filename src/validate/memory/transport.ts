import type { ElementType } from '../../onnx/model.ts';
import { product } from './kernel.ts';
import { isSized, type SizeLookup } from './value-sizes.ts';

/** How tensors come to the server and go from it; `none`: they are there already. */
export type Transport = 'none' | 'binary' | 'json';

/** Letters that an element takes in JSON at the most, its comma included: floats as the shortest text that gives them back. */
const LETTERS: Readonly<Partial<Record<ElementType, number>>> = {
  float: 22,
  double: 25,
  float16: 14,
  int64: 21,
  uint64: 21,
  int32: 12,
  uint32: 11,
  int16: 7,
  uint16: 6,
  int8: 5,
  uint8: 4,
  bool: 6,
  string: 64,
};

/** What the bodies of a request and its answer take beside the tensors themselves, when both are there. */
export function transportBytes(
  transport: Transport,
  {
    inputs,
    outputs,
    sizes,
  }: { readonly inputs: readonly string[]; readonly outputs: readonly string[]; readonly sizes: SizeLookup },
): number {
  if (transport === 'none') return 0;
  return [...inputs, ...outputs].reduce((sum, name) => {
    const size = sizes(name);
    if (!isSized(size)) return sum;
    return sum + (transport === 'binary' ? size.bytes : product(size.dims) * (LETTERS[size.elementType] ?? 25));
  }, 0);
}
