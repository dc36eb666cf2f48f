import { type Element, type Fact, type TensorFact, tensor, tensorOfUnknownShape, typeOnly, unknown } from '../fact.ts';
import { eitherOf, joinFacts } from '../join-facts.ts';
import type { NodeContext } from '../node-context.ts';
import { larger } from '../size/extremes.ts';
import type { Size } from '../size/size.ts';
import { settle } from './settle.ts';

/** Loops of more rounds are not followed round by round; what exporters unroll in this way is short. */
const MAX_ROUNDS = 128;

/** Outputs: the carried values after the last round, then what each round gave, stacked. */
export function loop(context: NodeContext): readonly Fact[] {
  return followRounds(context) ?? generalize(context);
}

interface Round {
  readonly carried: readonly Fact[];
  readonly scanned: readonly Fact[];
}

/** Goes through the rounds one by one; `null` where their number, or whether one more comes, is not known. */
function followRounds(context: NodeContext): readonly Fact[] | null {
  const trips = context.has(0) ? context.scalar(0) : MAX_ROUNDS + 1;
  const body = context.graph('body');
  let mayEnter = context.has(1) ? context.scalar(1) : 1;
  if (typeof trips !== 'number' || mayEnter === null) return null;
  if (context.has(0) && trips > MAX_ROUNDS) return null;
  if (trips * body.nodes.length > context.services.visitsLeft() / 4) return null;
  let carried = carriedInputs(context);
  const rounds: Round[] = [];
  while (mayEnter === 1 && rounds.length < trips) {
    if (rounds.length === MAX_ROUNDS) return null;
    const [condition, ...results] = context.subgraph(body, {
      inputs: [iteration([rounds.length]), goingOn(), ...carried],
      isRepeated: rounds.length > 0,
    });
    mayEnter = singleValue(condition);
    const isLast = rounds.length + 1 >= trips;
    if (mayEnter === null && !isLast) return null;
    carried = results.slice(0, carried.length);
    rounds.push({ carried, scanned: results.slice(carried.length) });
  }
  if (rounds.length === 0) return [...carried, ...scannedNever(context)];
  return [...carried, ...stackRounds(context, rounds)];
}

/** Finds what holds in every round, however many there are. */
function generalize(context: NodeContext): readonly Fact[] {
  const initial = carriedInputs(context);
  const settled = settle(context, initial, (carried, isRepeated) => {
    const [condition, ...results] = context.subgraph(context.graph('body'), {
      inputs: [iteration(null), goingOn(), ...carried],
      isRepeated,
    });
    return { condition, carried: results.slice(0, initial.length), scanned: results.slice(initial.length) };
  });
  const count = tripCount(context, singleValue(settled.round.condition) === 1);
  return [...settled.carried, ...settled.round.scanned.map((fact) => stack(typeOnly(fact), count))];
}

/** Exact where nothing but the count can end the loop. */
function tripCount(context: NodeContext, alwaysGoesOn: boolean): Size {
  const trips = context.has(0) ? context.counts(0)?.[0] : undefined;
  const entered = context.has(1) ? context.scalar(1) : 1;
  if (trips === undefined) return context.dependsOnData();
  const atMost = larger(trips, 0);
  return alwaysGoesOn && entered === 1 ? atMost : context.dependsOnData(atMost);
}

/** No round gives anything, so only what an item would be is known. */
function scannedNever(context: NodeContext): readonly Fact[] {
  const carried = carriedInputs(context);
  const inputs = [iteration(null), goingOn(), ...carried];
  const results = context.subgraph(context.graph('body'), { inputs, isDead: true });
  return results.slice(1 + carried.length).map((fact) => stack(typeOnly(fact), 0));
}

function stackRounds(context: NodeContext, rounds: readonly Round[]): readonly Fact[] {
  const [first] = rounds;
  return (first?.scanned ?? []).map((_, index) => {
    const items = rounds.map((round) => typeOnly(round.scanned[index] ?? unknown('a round has no such output')));
    const item = items.reduce((a, b) =>
      joinFacts(a, b, eitherOf('items of a Loop differ', context.services.freshSize)),
    );
    return stack(item, rounds.length);
  });
}

function stack(item: Fact, count: Size): Fact {
  if (item.kind !== 'tensor') return unknown(item.kind === 'unknown' ? item.reason : 'only tensors can be stacked');
  return item.shape
    ? tensor(item.elementType, [count, ...item.shape])
    : tensorOfUnknownShape(item.elementType, item.reason ?? '');
}

function carriedInputs(context: NodeContext): readonly Fact[] {
  return context.inputs.slice(2).map((fact) => fact ?? unknown('a carried value is left out'));
}

function iteration(elements: readonly Element[] | null): TensorFact {
  return tensor('int64', [], elements);
}

/** A round only begins where the condition holds. */
function goingOn(): TensorFact {
  return tensor('bool', [], [1]);
}

function singleValue(fact: Fact | undefined): Element {
  return fact?.kind === 'tensor' && fact.elements?.length === 1 ? (fact.elements[0] ?? null) : null;
}
