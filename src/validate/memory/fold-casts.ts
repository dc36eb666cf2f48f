import { elementTypeOf } from '../../onnx/element-types.ts';
import type { Graph, Node, Tensor } from '../../onnx/model.ts';

/**
 * The graph as level `all` leaves it where weights stand in half precision and are widened for kernels: what is cast from a
 * weight becomes one, of the wider type and without bytes in any file.
 */
export function foldCasts(graph: Graph): Graph {
  const weights = new Map(graph.initializers.map((tensor) => [tensor.name, tensor]));
  const folded: Tensor[] = [];
  const nodes = graph.nodes.filter((node) => {
    const source = weights.get(node.inputs[0] ?? '');
    const name = node.outputs[0];
    const elementType = source && isCast(node) ? targetOf(node) : null;
    if (!source || !elementType || name === undefined) return true;
    folded.push({ ...source, name, elementType, data: { kind: 'none' } });
    return false;
  });
  if (folded.length === 0) return graph;
  const used = new Set([...nodes.flatMap(({ inputs }) => inputs), ...graph.outputs.map(({ name }) => name)]);
  return { ...graph, nodes, initializers: [...graph.initializers.filter(({ name }) => used.has(name)), ...folded] };
}

function isCast({ opType, domain }: Node): boolean {
  return opType === 'Cast' && domain === '';
}

function targetOf(node: Node) {
  const value = node.attributes.find(({ name }) => name === 'to')?.value;
  return value?.kind === 'int' ? elementTypeOf(Number(value.value)) : null;
}
