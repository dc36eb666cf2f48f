import type { Graph } from '../../onnx/model.ts';
import type { GraphPlace } from './graph-places.ts';

/** Names that a place defines before its first node: inputs and initializers. */
export function givenNames(place: GraphPlace): ReadonlySet<string> {
  return kept(given, place, () => new Set([...inputNames(place), ...initializerNames(place.graph)]));
}

export function inputNames(place: GraphPlace): readonly string[] {
  if (place.graph) return place.graph.inputs.map((input) => input.name);
  return place.function?.inputs ?? [];
}

/** Names that nodes of a place define, each with the index of the first node that does; empty names are no values. */
export function producers(place: GraphPlace): ReadonlyMap<string, number> {
  return kept(produced, place, () => findProducers(place));
}

function findProducers(place: GraphPlace): ReadonlyMap<string, number> {
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

/** Many rules ask the same of a place; it lives as long as the check does. */
const given = new WeakMap<GraphPlace, ReadonlySet<string>>();
const produced = new WeakMap<GraphPlace, ReadonlyMap<string, number>>();

function kept<T extends object>(known: WeakMap<GraphPlace, T>, place: GraphPlace, make: () => T): T {
  const found = known.get(place) ?? make();
  known.set(place, found);
  return found;
}
