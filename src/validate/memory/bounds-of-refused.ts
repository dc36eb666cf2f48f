import type { Model } from '../../onnx/model.ts';
import { inferShapes } from '../shapes/infer-shapes.ts';
import { canRun, refusedBranches } from '../shapes/refused-branches.ts';
import type { ShapedGraph } from '../shapes/shaped-model.ts';
import { boundedShapes } from './bounded-shapes.ts';
import { Recent } from './recent.ts';

type Bounds = ReadonlyMap<string, number>;

/**
 * For branches that data choose and that the bounds do not suit, as those of a model for two sampling rates: the bounds with one
 * dimension as large as such a branch takes it.
 */
export function boundsOfRefused(model: Model, bounds: Bounds): readonly Bounds[] {
  const shaped = boundedShapes(model, bounds);
  return FOUND.of(shaped, '', () =>
    refusedBranches(shaped).flatMap((branch) =>
      [...bounds].flatMap(([name, most]) => {
        const at = (size: number): Bounds => new Map([...bounds, [name, size]]);
        const size = largestBelow(most, (tried) => canRun(inferShapes(model, { bounds: at(tried) }), branch));
        return size === null ? [] : [at(size)];
      }),
    ),
  );
}

const FOUND = new Recent<ShapedGraph, readonly Bounds[]>(1);

/** Halves until the size goes, then goes back up as far as it does; `null` where no half goes. */
function largestBelow(most: number, goes: (size: number) => boolean): number | null {
  let size = most >> 1;
  while (size > 0 && !goes(size)) size >>= 1;
  if (size === 0) return null;
  let tooLarge = Math.min(2 * size + 1, most);
  while (tooLarge - size > 1) {
    const middle = (size + tooLarge) >> 1;
    if (goes(middle)) size = middle;
    else tooLarge = middle;
  }
  return size;
}
