import { locationOf } from '../describe.ts';
import type { GraphPlace } from '../graph-places.ts';
import type { Rule, Violation } from '../rule.ts';
import { givenNames, producers } from '../value-scope.ts';

export const rule: Rule = {
  id: 'structure/missing-output',
  severity: 'error',
  title: 'Every output of a graph or function is defined in it',
  explanation:
    'An output is a value that a node of the same graph gives, or an input or initializer of it. A subgraph cannot hand out a value of the graph around it, nor a function its own input.',
  mend: 'Name a value that the graph defines; to hand out an outer value or an input, pass it through an Identity node.',
  source:
    'ONNX specification, Graphs. The runtime: "Graph output does not exist", "outer scope value being returned directly".',
  *check({ places }) {
    for (const place of places) if (place.reached) yield* missingIn(place);
  },
};

function* missingIn(place: GraphPlace): Iterable<Violation> {
  const defined = producers(place);
  const given = place.kind === 'function' ? new Set<string>() : givenNames(place);
  for (const name of outputNames(place)) {
    if (defined.has(name) || (name !== '' && given.has(name))) continue;
    const message = name === '' ? 'an output has no name' : `the output "${name}" is given by no node`;
    const where = place.kind === 'function' ? ' of the function' : place.kind === 'subgraph' ? ' of the subgraph' : '';
    yield { message: `${message}${where}`, location: locationOf(place, { tensor: name }) };
  }
}

/** A subgraph's own outputs, not those of the function that it may lie in. */
function outputNames(place: GraphPlace): readonly string[] {
  if (place.graph) return place.graph.outputs.map((output) => output.name);
  return place.function?.outputs ?? [];
}
