import type { Rule } from '../rule.ts';

export const rule: Rule = {
  id: 'structure/empty-model',
  severity: 'error',
  title: 'The model has a graph with something in it',
  explanation:
    'A file without a graph, or with a graph that has no inputs, nodes, weights or outputs, is usually an export that failed half way or the wrong file.',
  mend: 'Export the model again and look at the size of the file.',
  source:
    'ONNX specification, Models: a model has a graph. The runtime refuses an empty one when a session is created.',
  *check({ model: { graph } }) {
    const parts = [graph.inputs, graph.outputs, graph.nodes, graph.initializers, graph.sparseInitializers];
    if (parts.every((part) => part.length === 0)) {
      yield { message: 'the model has no graph, or an empty one: no inputs, nodes, weights or outputs' };
    }
  },
};
