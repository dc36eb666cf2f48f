import { ELEMENT_TYPES } from './element-types.ts';
import type { ElementType } from './model.ts';

/** Elements of a tensor with these dimensions; `null` where one is negative or the product is no safe integer. */
export function elementCount(dims: readonly number[]): number | null {
  if (dims.some((size) => !(size >= 0))) return null;
  if (dims.includes(0)) return 0;
  let count = 1;
  for (const size of dims) {
    count *= size;
    if (!Number.isSafeInteger(count)) return null;
  }
  return count;
}

/**
 * Bytes of a tensor in `raw_data` or in an external file: elements of less than a byte share bytes, and the last is filled
 * up. `null` for strings, which have no raw form, for undefined types, and where `elementCount` is `null`.
 */
export function tensorBytes(elementType: ElementType, dims: readonly number[]): number | null {
  const { bits } = ELEMENT_TYPES[elementType];
  const count = elementCount(dims);
  if (bits === 0 || count === null) return null;
  const totalBits = count * bits;
  return Number.isSafeInteger(totalBits) ? Math.ceil(totalBits / 8) : null;
}

/** Entries that the typed field of this type holds for so many elements, after the comments of `TensorProto`. */
export function typedEntries(elementType: ElementType, elements: number): number {
  return Math.ceil(elements * ELEMENT_TYPES[elementType].entriesPerElement);
}
