import { type Fact, renderFact, unknown } from '../fact.ts';
import { joinFacts } from '../join-facts.ts';
import type { NodeContext } from '../node-context.ts';
import type { Size } from '../size/size.ts';

/** Each pass takes away knowledge that is not true of all rounds; real loops settle in two. */
const MAX_PASSES = 6;

export interface Settled<R> {
  /** What is true of the carried values before the first round and after each. */
  readonly carried: readonly Fact[];
  readonly round: R;
}

/** Repeats a round, each time with what the rounds so far have in common, until that no longer changes. */
export function settle<R extends { readonly carried: readonly Fact[] }>(
  context: NodeContext,
  initial: readonly Fact[],
  go: (carried: readonly Fact[], isRepeated: boolean) => R,
): Settled<R> {
  const reason = `changes from one round of ${context.node.opType} to the next`;
  const given = new Set<Size>();
  const joinSizes = (before: Size): Size => {
    if (given.has(before)) return before;
    // It may grow with each round, so nothing bounds it.
    const fresh = context.unknown(reason);
    given.add(fresh);
    return fresh;
  };
  let carried = initial;
  for (let pass = 0; pass < MAX_PASSES; pass++) {
    const round = go(carried, pass > 0);
    const next = carried.map((fact, index) => joinFacts(fact, round.carried[index] ?? fact, { reason, joinSizes }));
    if (next.every((fact, index) => isSame(fact, carried[index]))) return { carried, round };
    carried = next;
  }
  carried = initial.map(() => unknown(reason));
  return { carried, round: go(carried, true) };
}

function isSame(a: Fact, b: Fact | undefined): boolean {
  if (a === b) return true;
  if (!b || renderFact(a) !== renderFact(b)) return false;
  if (a.kind === 'sequence' && b.kind === 'sequence') return a.length === b.length;
  return a.kind !== 'tensor' || b.kind !== 'tensor' || knownCount(a.elements) === knownCount(b.elements);
}

/** Joining only ever takes elements away. */
function knownCount(elements: readonly unknown[] | null): number {
  return elements?.reduce<number>((count, element) => count + Number(element !== null), 0) ?? -1;
}
