import { formatByteSize } from '../../../nouns/byte-size.ts';
import { Sources } from '../../../onnx/content.ts';
import type { Graph, Tensor } from '../../../onnx/model.ts';
import { tensorBytes } from '../../../onnx/tensor-size.ts';
import { firstFew } from '../../rules/describe.ts';
import { tensorDigest } from '../../summary/tensor-digest.ts';
import { mapGraphs } from '../edit-graphs.ts';
import { filterKept, withParts } from '../keep-same.ts';
import type { Mend } from '../mend.ts';
import { renameReads } from '../value-names.ts';

/** Smaller constants repeat in every model and cost nothing; the rule counts from the same size on. */
const WEIGHT_BYTES = 1024;

export const shareWeights: Mend = {
  rule: 'production/duplicate-weight',
  title: 'Let nodes share weights of equal content',
  apply(model) {
    const removed: Tensor[] = [];
    const changed = Sources.using((sources) =>
      mapGraphs(model, (graph) => {
        const twins = twinsIn(graph, (tensor) => tensorDigest(model, tensor, sources));
        for (const tensor of graph.initializers) if (twins.has(tensor.name)) removed.push(tensor);
        const initializers = filterKept(graph.initializers, ({ name }) => !twins.has(name));
        const valueInfos = filterKept(graph.valueInfos, ({ name }) => !twins.has(name));
        return withParts(renameReads(graph, twins), { initializers, valueInfos });
      }),
    );
    if (removed.length === 0) return { model, changes: [] };
    return { model: changed, changes: [changeOf(removed)] };
  },
};

/** Names of initializers to the name of the first with the same type, dimensions and content. */
function twinsIn(graph: Graph, digestOf: (tensor: Tensor) => string): ReadonlyMap<string, string> {
  // A caller may replace an input, a client reads an output by its name, and an annotation speaks of one tensor.
  const bound = new Set([
    ...[...graph.inputs, ...graph.outputs].map(({ name }) => name),
    ...graph.quantizationAnnotations.map(({ tensorName }) => tensorName),
  ]);
  const alike = new Map<string, Tensor[]>();
  for (const tensor of graph.initializers) {
    const { name, elementType, dims } = tensor;
    if (bound.has(name) || (tensorBytes(elementType, dims) ?? 0) < WEIGHT_BYTES) continue;
    const key = `${elementType}[${dims.join(',')}]`;
    alike.set(key, [...(alike.get(key) ?? []), tensor]);
  }
  const twins = new Map<string, string>();
  for (const tensors of alike.values()) {
    if (tensors.length < 2) continue;
    const first = new Map<string, string>();
    for (const tensor of tensors) {
      const digest = digestOf(tensor);
      const kept = first.get(digest);
      if (kept === undefined) first.set(digest, tensor.name);
      else if (kept !== tensor.name) twins.set(tensor.name, kept);
    }
  }
  return twins;
}

function changeOf(removed: readonly Tensor[]): string {
  const bytes = removed.reduce((sum, { elementType, dims }) => sum + (tensorBytes(elementType, dims) ?? 0), 0);
  const copies = removed.length === 1 ? '1 copy' : `${removed.length} copies`;
  return `removed ${copies} of ${formatByteSize(bytes)}: ${firstFew(removed.map(({ name }) => name))}`;
}
