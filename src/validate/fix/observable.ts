import type { Model, Node, ValueInfo, ValueType } from '../../onnx/model.ts';
import { mapKept, withParts } from './keep-same.ts';
import { castAtEdge } from './mends/cast-at-edge.ts';
import { newNode } from './new-node.ts';

/**
 * The model as the runtime's binding can feed and read it: types that it does not carry are cast at the edge, and in place
 * of the maps of a ZipMap stand the numbers that it pairs with labels. The model itself where it carries everything.
 */
export function observable(model: Model): Model {
  return castAtEdge.apply(withoutMaps(model), { externalBytes: Number.POSITIVE_INFINITY }).model;
}

const NUMBERS: ValueType = { kind: 'tensor', elementType: 'float', shape: null };

function withoutMaps(model: Model): Model {
  const { graph } = model;
  const maps = new Set(graph.nodes.filter(isZipMap).map(({ outputs }) => outputs[0]));
  const outputs = mapKept(graph.outputs, (output: ValueInfo) =>
    maps.has(output.name) ? { ...output, type: NUMBERS } : output,
  );
  // Elsewhere maps feed other nodes, which need them.
  const exposed = new Set(outputs.filter((output, index) => output !== graph.outputs[index]).map(({ name }) => name));
  const nodes = mapKept(graph.nodes, (node) =>
    isZipMap(node) && exposed.has(node.outputs[0] ?? '')
      ? newNode({ name: node.name, opType: 'Identity', inputs: node.inputs, outputs: node.outputs })
      : node,
  );
  return withParts(model, { graph: withParts(graph, { nodes, outputs }) });
}

function isZipMap({ opType, domain }: Node): boolean {
  return opType === 'ZipMap' && domain === 'ai.onnx.ml';
}
