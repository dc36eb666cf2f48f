import { type Fact, sequenceOf, typeOnly, unknown } from '../fact.ts';
import { eitherOf, joinFacts } from '../join-facts.ts';
import { NoAnswer } from '../no-answer.ts';
import type { NodeContext } from '../node-context.ts';

/** Maps the items of one or more sequences, together with tensors that stay the same, through a graph. */
export function sequenceMap(context: NodeContext): readonly Fact[] {
  const body = context.graph('body');
  const first = context.fact(0);
  if (first.kind !== 'sequence') throw new NoAnswer(first.kind === 'unknown' ? first.reason : 'input 0 is no sequence');
  if (!first.items || first.items.length === 0) {
    const results = context.subgraph(body, { inputs: context.inputs.map((fact) => commonItem(fact ?? null)) });
    return results.map((element) => ({
      kind: 'sequence',
      element: typeOnly(element),
      length: first.length,
      items: first.items && [],
    }));
  }
  const rounds = first.items.map((_, index) =>
    context.subgraph(body, {
      inputs: context.inputs.map((fact) => itemAt(fact ?? null, index)),
      isRepeated: index > 0,
    }),
  );
  const options = eitherOf('items of the sequence differ', context.services.freshSize);
  return (rounds[0] ?? []).map((_, output) => {
    const items = rounds.map((results) => typeOnly(results[output] ?? unknown('an item is missing')));
    return sequenceOf(
      items,
      items.reduce((a, b) => joinFacts(a, b, options)),
    );
  });
}

function itemAt(fact: Fact | null, index: number): Fact {
  return fact?.kind === 'sequence' ? (fact.items?.[index] ?? fact.element) : (fact ?? unknown('an input is left out'));
}

function commonItem(fact: Fact | null): Fact {
  return fact?.kind === 'sequence' ? fact.element : (fact ?? unknown('an input is left out'));
}
