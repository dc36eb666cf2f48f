import { Contradiction } from './contradiction.ts';
import { renderShape, type Sizes } from './fact.ts';
import { broadcastSizes } from './size/broadcast.ts';
import type { Size } from './size/size.ts';

/** The common shape by the multidirectional broadcasting of ONNX, which is NumPy's; throws `Contradiction` where there is none. */
export function broadcastShapes(shapes: readonly Sizes[]): Sizes {
  const [first = [], ...others] = shapes;
  return others.reduce(broadcastPair, first);
}

/** Broadcasts all but the last `count` dimensions, as matrix products do with their batches. */
export function broadcastBatches(a: Sizes, b: Sizes, count: number): Sizes {
  return broadcastPair(a.slice(0, -count || a.length), b.slice(0, -count || b.length));
}

function broadcastPair(a: Sizes, b: Sizes): Sizes {
  if (a === b) return a;
  const rank = Math.max(a.length, b.length);
  const result = new Array<Size>(rank);
  for (let back = 1; back <= rank; back++) {
    const size = broadcastSizes(a[a.length - back] ?? 1, b[b.length - back] ?? 1);
    if (size === null) {
      throw new Contradiction('shapes cannot be broadcast together', {
        found: `${renderShape(a)} and ${renderShape(b)}`,
        wanted: 'dimensions that are equal, or 1, from the last to the first',
      });
    }
    result[rank - back] = size;
  }
  return result;
}
