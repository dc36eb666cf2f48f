import { broadcastBatches } from './broadcast-shapes.ts';
import { Contradiction } from './contradiction.ts';
import { renderShape, type Sizes } from './fact.ts';
import { isEqual } from './size/extremes.ts';
import type { Size } from './size/size.ts';

/** The shape of a matrix product as NumPy's `matmul` defines it; throws `Contradiction` where there is none. */
export function multiplyShapes(a: Sizes, b: Sizes): Sizes {
  if (a.length === 0 || b.length === 0) throw mismatch(a, b, 'at least one dimension each');
  const left = a.length === 1 ? [1, ...a] : a;
  const right = b.length === 1 ? [...b, 1] : b;
  assertInnerEqual(left.at(-1) ?? 1, right.at(-2) ?? 1, { a, b });
  const rows = a.length === 1 ? [] : [left.at(-2) ?? 1];
  const columns = b.length === 1 ? [] : [right.at(-1) ?? 1];
  return [...broadcastBatches(left, right, 2), ...rows, ...columns];
}

/** Swaps the last two dimensions. */
export function transposeMatrix(shape: Sizes): Sizes {
  return shape.length < 2 ? shape : [...shape.slice(0, -2), shape.at(-1) ?? 1, shape.at(-2) ?? 1];
}

/** Moves the first dimension to the place before the last, as the fused products' `transBatch` means it. */
export function transposeBatch(shape: Sizes): Sizes {
  const [first, ...others] = shape;
  return first === undefined || shape.length < 3 ? shape : [...others.slice(0, -1), first, ...others.slice(-1)];
}

export function assertInnerEqual(inner: Size, other: Size, { a, b }: { readonly a: Sizes; readonly b: Sizes }): void {
  if (isEqual(inner, other) === false) throw mismatch(a, b, 'inner dimensions that are equal');
}

function mismatch(a: Sizes, b: Sizes, wanted: string): Contradiction {
  return new Contradiction('these shapes have no matrix product', {
    found: `${renderShape(a)} and ${renderShape(b)}`,
    wanted,
  });
}
