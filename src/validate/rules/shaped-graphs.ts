import type { Graph, LocalFunction } from '../../onnx/model.ts';
import type { Fact } from '../shapes/fact.ts';
import type { ShapedGraph, ShapedModel } from '../shapes/shaped-model.ts';
import type { GraphPlace } from './graph-places.ts';

/** What inference found for one place: once for each distinct call where it lies in a function. */
export type ShapedPlaces = (place: GraphPlace) => readonly ValueFacts[];

/** The fact of a value by its name, seen from inside a place. */
export type ValueFacts = (name: string) => Fact | undefined;

/** Functions called with many different shapes: the first few tell about types what all of them would. */
const CALLS_LOOKED_AT = 16;

/** Finds the inferred values of the places of a model. */
export function shapedPlaces(shaped: ShapedModel | undefined): ShapedPlaces {
  const found = new Map<Graph | LocalFunction, ValueFacts[]>();
  const seen = new Set<ShapedGraph>();
  const waiting: { graph: ShapedGraph; outer: ValueFacts }[] = shaped
    ? [{ graph: shaped, outer: () => undefined }]
    : [];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { graph, outer } = next;
    if (seen.has(graph)) continue;
    seen.add(graph);
    const known = found.get(graph.graph) ?? [];
    if (known.length >= CALLS_LOOKED_AT) continue;
    const facts: ValueFacts = (name) => graph.values.get(name) ?? outer(name);
    found.set(graph.graph, [...known, facts]);
    for (const inner of graph.inner.values()) {
      for (const deeper of inner)
        waiting.push({ graph: deeper, outer: isGraph(deeper.graph) ? facts : () => undefined });
    }
  }
  return (place) => found.get(place.graph ?? place.function ?? NOTHING) ?? [];
}

const NOTHING = {} as Graph;

function isGraph(graph: Graph | LocalFunction): graph is Graph {
  return 'initializers' in graph;
}
