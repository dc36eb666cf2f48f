import { locationOf } from '../describe.ts';
import type { Rule } from '../rule.ts';

export const rule: Rule = {
  id: 'structure/empty-name',
  severity: 'warning',
  title: 'The graph, its inputs and its initializers have names',
  explanation:
    'An input without a name cannot be fed and a weight without one cannot be used. A graph without a name only upsets strict readers.',
  mend: 'Name them, or remove what nothing can refer to.',
  source:
    'onnx.proto: `name` of GraphProto, ValueInfoProto and initializers is required. The runtime accepts empty ones.',
  *check({ model, places }) {
    if (model.graph.name === '') yield { message: 'the graph has no name', severity: 'note' };
    for (const place of places) {
      const { graph } = place;
      if (graph?.inputs.some(({ name }) => name === '')) {
        yield { message: 'an input has no name', location: locationOf(place) };
      }
      if (graph?.initializers.some(({ name }) => name === '')) {
        yield { message: 'an initializer has no name', location: locationOf(place) };
      }
    }
  },
};
