import type { Graph, Node } from '../../onnx/model.ts';
import { type GraphPlace, subgraphsOf } from './graph-places.ts';
import { producers } from './value-scope.ts';

export interface Ordering {
  /** Node indexes that read a value which a later node of the same place defines, with the name. */
  readonly early: readonly { readonly index: number; readonly name: string; readonly definedBy: number }[];
  /** Node indexes of a cycle, each feeding the next and the last the first; null where there is none. */
  readonly cycle: readonly number[] | null;
}

/** How the nodes of a place stand to the order in which their values flow. Linear in nodes and edges. */
export function orderingOf(place: GraphPlace): Ordering {
  const known = orderings.get(place);
  if (known) return known;
  const defined = producers(place);
  const reads = place.nodes.map((node) => readNames(node));
  const early = reads.flatMap((names, index) =>
    names.flatMap((name) => {
      const definedBy = defined.get(name);
      return definedBy !== undefined && definedBy >= index ? [{ index, name, definedBy }] : [];
    }),
  );
  const sources = reads.map((names) => names.flatMap((name) => defined.get(name) ?? []));
  const ordering = { early, cycle: early.length === 0 ? null : findCycle(sources) };
  orderings.set(place, ordering);
  return ordering;
}

const orderings = new WeakMap<GraphPlace, Ordering>();

/** What a node reads from its own place, directly or inside the subgraphs that it carries. */
function readNames(node: Node): readonly string[] {
  const names = new Set(node.inputs);
  for (const [, graph] of subgraphsOf(node)) for (const name of freeNames(graph)) names.add(name);
  names.delete('');
  return [...names];
}

/** Names that a subgraph reads and does not define; kept, since each level of nesting asks for those inside it. */
function freeNames(graph: Graph): ReadonlySet<string> {
  const known = free.get(graph);
  if (known) return known;
  const names = new Set(graph.nodes.flatMap((node) => readNames(node)));
  for (const { name } of [...graph.inputs, ...graph.initializers]) names.delete(name);
  for (const { values } of graph.sparseInitializers) names.delete(values.name);
  for (const { outputs } of graph.nodes) for (const name of outputs) names.delete(name);
  free.set(graph, names);
  return names;
}

const free = new WeakMap<Graph, ReadonlySet<string>>();

/** Depth-first along the sources of each node, with a stack of its own: graphs are deeper than the call stack. */
function findCycle(sources: readonly (readonly number[])[]): readonly number[] | null {
  const done = new Set<number>();
  for (const start of sources.keys()) {
    const path: number[] = [start];
    const cursor: number[] = [0];
    const onPath = new Set(path);
    while (path.length > 0) {
      const node = path.at(-1) ?? 0;
      const at = cursor.at(-1) ?? 0;
      const next = done.has(node) ? undefined : sources[node]?.[at];
      if (next === undefined) {
        done.add(node);
        onPath.delete(node);
        path.pop();
        cursor.pop();
        continue;
      }
      cursor[cursor.length - 1] = at + 1;
      if (onPath.has(next)) return path.slice(path.indexOf(next)).reverse();
      if (done.has(next)) continue;
      path.push(next);
      cursor.push(0);
      onPath.add(next);
    }
  }
  return null;
}
