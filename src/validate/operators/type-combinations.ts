import type { KernelAnswer } from './kernel-facts.ts';

/** A type for each variable, in the variables' order. */
export type Combination = readonly string[];

/** More than this are not asked one by one for one operator: a few milliseconds each. */
const MOST_ASKED = 1200;
const PREFERRED = [
  'tensor(float)',
  'tensor(int64)',
  'tensor(float16)',
  'tensor(double)',
  'tensor(int32)',
  'tensor(uint8)',
  'tensor(int8)',
];

export interface Asked {
  readonly answers: ReadonlyMap<Combination, KernelAnswer>;
  readonly isComplete: boolean;
}

/**
 * Asks about every combination of types, or, where there are too many, about likely ones and from each accepted one about those
 * that differ in one variable.
 */
export async function askCombinations(
  allowed: readonly (readonly string[])[],
  ask: (combination: Combination) => Promise<KernelAnswer>,
): Promise<Asked> {
  const answers = new Map<Combination, KernelAnswer>();
  const count = allowed.reduce((product, types) => product * types.length, 1);
  const isComplete = count <= MOST_ASKED;
  const waiting = isComplete ? product(allowed) : likely(allowed);
  const seen = new Set(waiting.map((combination) => combination.join()));
  for (let next = waiting.shift(); next !== undefined && answers.size < MOST_ASKED; next = waiting.shift()) {
    const answer = await ask(next);
    answers.set(next, answer);
    if (isComplete || answer !== 'yes') continue;
    for (const neighbour of neighbours(next, allowed)) {
      if (seen.has(neighbour.join())) continue;
      seen.add(neighbour.join());
      waiting.push(neighbour);
    }
  }
  return { answers, isComplete };
}

function product(allowed: readonly (readonly string[])[]): Combination[] {
  return allowed.reduce<Combination[]>(
    (rows, types) => rows.flatMap((row) => types.map((type) => [...row, type])),
    [[]],
  );
}

/** For each type, combinations that have it wherever it is allowed, and a preferred one elsewhere. */
function likely(allowed: readonly (readonly string[])[]): Combination[] {
  const rows = new Map<string, Combination>();
  for (const type of new Set(allowed.flat())) {
    for (const other of PREFERRED) {
      const row = allowed.map(
        (types) => [type, other, ...PREFERRED].find((name) => types.includes(name)) ?? types[0] ?? '',
      );
      rows.set(row.join(), row);
    }
  }
  return [...rows.values()];
}

function neighbours(combination: Combination, allowed: readonly (readonly string[])[]): Combination[] {
  return allowed.flatMap((types, place) =>
    types.map((type) => combination.map((old, index) => (index === place ? type : old))),
  );
}

/** Writes combinations as rows of lists: every combination of a row's types is among them. Merges one variable after another. */
export function asRows(
  combinations: readonly Combination[],
  width: number,
): readonly (readonly (readonly string[])[])[] {
  let rows: (readonly (readonly string[])[])[] = combinations.map((combination) => combination.map((type) => [type]));
  for (let place = width - 1; place >= 0; place--) {
    const merged = new Map<string, readonly (readonly string[])[]>();
    for (const row of rows) {
      const key = JSON.stringify(row.filter((_, index) => index !== place));
      const known = merged.get(key);
      merged.set(
        key,
        known === undefined
          ? row
          : known.map((types, index) => (index === place ? [...types, ...(row[index] ?? [])] : types)),
      );
    }
    rows = [...merged.values()].map((row) => row.map((types) => [...types].sort()));
  }
  return rows;
}
