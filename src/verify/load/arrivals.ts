import { randomNumbers } from '../../nouns/random-numbers.ts';

/** Milliseconds after the start at which requests are due: independent of each other and of any answer (a Poisson process). */
export function arrivals({
  perSecond,
  seconds,
  seed,
}: {
  readonly perSecond: number;
  readonly seconds: number;
  readonly seed: number;
}): Float64Array {
  const random = randomNumbers(seed);
  const due: number[] = [];
  for (let at = gap(random, perSecond); at < seconds * 1000; at += gap(random, perSecond)) due.push(at);
  return Float64Array.from(due);
}

function gap(random: () => number, perSecond: number): number {
  return (-Math.log(1 - random()) * 1000) / perSecond;
}
