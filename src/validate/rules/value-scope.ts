import type { Graph } from '../../onnx/model.ts';
import type { GraphPlace } from './graph-places.ts';

/** Names that a place defines before its first node: inputs and initializers. */
export function givenNames(place: GraphPlace): ReadonlySet<string> {
  return new Set([...inputNames(place), ...initializerNames(place.graph)]);
}

export function inputNames(place: GraphPlace): readonly string[] {
  if (place.graph) return place.graph.inputs.map((input) => input.name);
  return place.function?.inputs ?? [];
}

/** Names that nodes of a place define, each with the index of the first node that does; empty names are no values. */
export function producers(place: GraphPlace): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const [index, node] of place.nodes.entries()) {
    for (const output of node.outputs) if (output !== '' && !found.has(output)) found.set(output, index);
  }
  return found;
}

function initializerNames(graph: Graph | null): readonly string[] {
  if (!graph) return [];
  return [...graph.initializers, ...graph.sparseInitializers.map(({ values }) => values)].map((tensor) => tensor.name);
}
