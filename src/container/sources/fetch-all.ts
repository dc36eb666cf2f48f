import type { Supply } from './download.ts';

/** Enough to fill a line while small files wait for answers, and few enough to be a polite guest. */
const AT_ONCE = 4;

export type Fetch<T> = (supply: Supply) => Promise<T>;

/**
 * Runs fetches a few at a time and gives their results in order. When one fails the others are called off, and its error is thrown
 * once they have stopped.
 */
export async function fetchAll<T>(
  fetches: readonly Fetch<T>[],
  options: { readonly supply: Supply; readonly atOnce?: number },
): Promise<T[]> {
  const stop = new AbortController();
  const signals = options.supply.signal ? [options.supply.signal, stop.signal] : [stop.signal];
  const supply = { ...options.supply, signal: AbortSignal.any(signals) };
  const results: T[] = [];
  const waiting = fetches.entries();
  const work = async (): Promise<void> => {
    for (const [index, fetch] of waiting) {
      if (stop.signal.aborted) return;
      results[index] = await fetch(supply);
    }
  };
  let failure: { readonly error: unknown } | undefined;
  await Promise.all(
    Array.from({ length: options.atOnce ?? AT_ONCE }, () =>
      work().catch((error: unknown) => {
        failure ??= { error };
        stop.abort();
      }),
    ),
  );
  if (failure !== undefined) throw failure.error;
  return results;
}
