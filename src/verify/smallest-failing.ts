export interface ShrinkOptions {
  /** How often may be asked in all. */
  readonly most: number;
}

/**
 * The least of a list that still fails, by delta debugging (Zeller and Hildebrandt 2002, ddmin): no part of what is given back, a
 * chunk left out, fails any more, as far as the asking went. The list itself is taken to fail.
 */
export async function smallestFailing<T>(
  items: readonly T[],
  fails: (subset: readonly T[]) => Promise<boolean>,
  { most }: ShrinkOptions,
): Promise<readonly T[]> {
  let left = most;
  const asks = async (subset: readonly T[]) => {
    if (left === 0) return false;
    left -= 1;
    return fails(subset);
  };
  let current = items;
  let parts = 2;
  while (current.length > 1 && left > 0) {
    const smaller = await smallerFailing(current, parts, asks);
    if (smaller) {
      current = smaller.items;
      parts = smaller.isPart ? 2 : Math.max(parts - 1, 2);
    } else if (parts >= current.length) break;
    else parts = Math.min(current.length, parts * 2);
  }
  return current;
}

/** A part that fails by itself; else all but a part, where that does. */
async function smallerFailing<T>(
  items: readonly T[],
  parts: number,
  fails: (subset: readonly T[]) => Promise<boolean>,
): Promise<{ readonly items: readonly T[]; readonly isPart: boolean } | undefined> {
  const size = Math.ceil(items.length / parts);
  for (let from = 0; from < items.length; from += size) {
    const part = items.slice(from, from + size);
    if (await fails(part)) return { items: part, isPart: true };
  }
  if (parts === 2) return undefined;
  for (let from = 0; from < items.length; from += size) {
    const rest = [...items.slice(0, from), ...items.slice(from + size)];
    if (await fails(rest)) return { items: rest, isPart: false };
  }
  return undefined;
}
