export interface WithinOptions {
  readonly limit: number;
  /** The search ends here. */
  readonly most: number;
  /** A size that is likely to be near, or whose bytes are known already. */
  readonly hint?: number;
}

/**
 * The largest whole number from 1 on whose bytes are within the limit; 0 where none is. Bytes never fall as the number grows, and
 * grow nearly along a line: so the next guess lies on it, and halving ends what the line cannot.
 */
export function largestWithin(bytesOf: (size: number) => number, { limit, most, hint }: WithinOptions): number {
  let fits: Tried | null = null;
  let smaller: Tried | null = null;
  let tooLarge: Tried = { size: most + 1, bytes: Number.POSITIVE_INFINITY };
  const tryAt = (size: number): void => {
    const bytes = bytesOf(size);
    if (bytes > limit) tooLarge = { size, bytes };
    else [smaller, fits] = [fits, { size, bytes }];
  };
  if (hint !== undefined && hint > 1 && hint <= most) tryAt(hint);
  // What fits at a larger size fits at 1.
  if (fits === null) tryAt(1);
  if (fits === null) return 0;
  for (let round = 0; tooLarge.size - (fits as Tried).size > 1; round++)
    tryAt(guess({ fits, smaller, tooLarge }, { limit, round }));
  return (fits as Tried).size;
}

interface Tried {
  readonly size: number;
  readonly bytes: number;
}

interface Known {
  readonly fits: Tried;
  readonly smaller: Tried | null;
  readonly tooLarge: Tried;
}

function guess({ fits, smaller, tooLarge }: Known, { limit, round }: { limit: number; round: number }): number {
  const isOpen = tooLarge.bytes === Number.POSITIVE_INFINITY;
  const last = tooLarge.size - 1;
  // The first is near what fits already, where it may be nearly right, and says how steep the line is there.
  if (isOpen && smaller === null) return Math.min(fits.size + Math.max(2, fits.size >> NEAR_SHIFT), last);
  // Every fourth guess halves what is left, or grows fourfold, however bent the line is.
  if (round % 4 === 3 && last - fits.size > FEW)
    return isOpen ? Math.min(fits.size * 4, last) : Math.floor((fits.size + tooLarge.size) / 2);
  const [from, to] = isOpen && smaller ? [smaller, fits] : [fits, tooLarge];
  const slope = (to.bytes - from.bytes) / (to.size - from.size);
  const onLine = slope > 0 ? Math.floor((limit - fits.bytes) / slope) : fits.size * 3;
  return Math.min(Math.max(fits.size + onLine, fits.size + 1), last);
}

/** A thirty-second of it. */
const NEAR_SHIFT = 5;

/** So many are tried along the line. */
const FEW = 8;
