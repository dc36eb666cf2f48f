import { Contradiction } from './contradiction.ts';
import type { Sizes } from './fact.ts';
import type { Size } from './size/size.ts';

/** Counts a negative axis from the back; throws `Contradiction` where there is no such axis. */
export function normalizeAxis(axis: number, rank: number): number {
  const normal = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(axis) || normal < 0 || normal >= rank) {
    throw new Contradiction('an axis lies outside of the tensor', {
      found: `axis ${axis}`,
      wanted: `-${rank} to ${rank - 1}`,
    });
  }
  return normal;
}

/** Throws `Contradiction` where an axis is outside, or named twice. */
export function normalizeAxes(axes: readonly number[], rank: number): readonly number[] {
  const normal = axes.map((axis) => normalizeAxis(axis, rank));
  if (new Set(normal).size !== normal.length) {
    throw new Contradiction('an axis is named twice', { found: `axes [${axes.join(', ')}]`, wanted: 'each axis once' });
  }
  return normal;
}

export function sizeAt(shape: Sizes, axis: number): Size {
  const size = shape[axis];
  if (size === undefined) {
    throw new Contradiction('a tensor has too few dimensions', {
      found: `rank ${shape.length}`,
      wanted: `rank ${axis + 1} or more`,
    });
  }
  return size;
}

export function withSize(shape: Sizes, axis: number, size: Size): Sizes {
  return shape.map((old, at) => (at === axis ? size : old));
}
