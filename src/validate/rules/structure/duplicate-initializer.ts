import { locationOf } from '../describe.ts';
import type { Rule } from '../rule.ts';

export const rule: Rule = {
  id: 'structure/duplicate-initializer',
  severity: 'warning',
  title: 'No two initializers of a graph have one name',
  explanation:
    'Of two weights with one name the runtime takes one without a word, and another reader may take the other: the same file then gives two answers.',
  mend: 'Remove the one that is not meant.',
  source: 'ONNX specification, Graphs: initializer names are unique. The runtime accepts them.',
  *check({ places }) {
    for (const place of places) {
      const { graph } = place;
      if (!graph) continue;
      const tensors = [...graph.initializers, ...graph.sparseInitializers.map(({ values }) => values)];
      const seen = new Set<string>();
      for (const { name } of tensors) {
        if (seen.has(name)) {
          yield { message: `two initializers have the name "${name}"`, location: locationOf(place, { tensor: name }) };
        }
        seen.add(name);
      }
    }
  },
};
