import { Contradiction } from './contradiction.ts';
import { renderShape, type Sizes } from './fact.ts';
import type { Size } from './size/size.ts';

/** Where the channels of an image stand: after the batch (NCHW), or at the end (NHWC). */
export type Layout = 'channels-first' | 'channels-last';

export interface ImageShape {
  readonly batch: Size;
  readonly channels: Size;
  readonly spatial: Sizes;
}

/** Throws `Contradiction` for a shape without a spatial dimension. */
export function imageShape(shape: Sizes, layout: Layout = 'channels-first'): ImageShape {
  const [batch, second] = shape;
  const last = shape.at(-1);
  if (batch === undefined || second === undefined || last === undefined || shape.length < 3) {
    throw new Contradiction('an image needs a batch, channels and a spatial dimension', {
      found: renderShape(shape),
      wanted: 'rank 3 or more',
      input: 0,
    });
  }
  return layout === 'channels-first'
    ? { batch, channels: second, spatial: shape.slice(2) }
    : { batch, channels: last, spatial: shape.slice(1, -1) };
}

export function layOut({ batch, channels, spatial }: ImageShape, layout: Layout = 'channels-first'): Sizes {
  return layout === 'channels-first' ? [batch, channels, ...spatial] : [batch, ...spatial, channels];
}
