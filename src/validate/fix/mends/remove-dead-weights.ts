import { formatByteSize } from '../../../nouns/byte-size.ts';
import type { Graph, Tensor } from '../../../onnx/model.ts';
import { tensorBytes } from '../../../onnx/tensor-size.ts';
import { counted, firstFew } from '../../rules/describe.ts';
import { mapGraphs } from '../edit-graphs.ts';
import { filterKept, withParts } from '../keep-same.ts';
import type { Mend } from '../mend.ts';
import { namesRead } from '../value-names.ts';

export const removeDeadWeights: Mend = {
  rule: 'production/dead-weight',
  title: 'Remove weights that no node reads',
  apply(model) {
    const removed: Tensor[] = [];
    const changed = mapGraphs(model, (graph) => prune(graph, removed));
    if (removed.length === 0) return { model, changes: [] };
    const bytes = removed.reduce((sum, { elementType, dims }) => sum + (tensorBytes(elementType, dims) ?? 0), 0);
    const names = firstFew(removed.map(({ name }) => name));
    return {
      model: changed,
      changes: [`removed ${counted(removed.length, 'weight')} of ${formatByteSize(bytes)}: ${names}`],
    };
  },
};

function prune(graph: Graph, removed: Tensor[]): Graph {
  const read = namesRead(graph);
  const dead = [...graph.initializers, ...graph.sparseInitializers.map(({ values }) => values)].filter(
    ({ name }) => !read.has(name),
  );
  if (dead.length === 0) return graph;
  for (const tensor of dead) removed.push(tensor);
  const gone = new Set(dead.map(({ name }) => name));
  return withParts(graph, {
    initializers: filterKept(graph.initializers, ({ name }) => !gone.has(name)),
    sparseInitializers: filterKept(graph.sparseInitializers, ({ values }) => !gone.has(values.name)),
    // Without its initializer an input that nobody needs would have to be fed.
    inputs: filterKept(graph.inputs, ({ name }) => !gone.has(name)),
    valueInfos: filterKept(graph.valueInfos, ({ name }) => !gone.has(name)),
    quantizationAnnotations: filterKept(graph.quantizationAnnotations, ({ tensorName }) => !gone.has(tensorName)),
  });
}
