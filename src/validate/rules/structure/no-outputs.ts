import type { Rule } from '../rule.ts';

export const rule: Rule = {
  id: 'structure/no-outputs',
  severity: 'error',
  title: 'The graph has an output',
  explanation: 'A model is asked for its outputs. Without any, a session can be created but every run is refused.',
  mend: 'Name the values that the model answers with as graph outputs when exporting.',
  source: 'Runtime: "At least one output should be requested" on every run.',
  *check({ model: { graph } }) {
    if (graph.outputs.length === 0 && graph.nodes.length > 0) {
      yield { message: `the graph has ${graph.nodes.length} nodes and no output` };
    }
  },
};
