import type { Attribute, Graph, LocalFunction, Model, Node } from '../../onnx/model.ts';
import { runtimeLimits } from '../operators/operator-schemas.ts';

/** One list of nodes in a model: the main graph, a subgraph, or the body of a local function. */
export interface GraphPlace {
  /** As in `Location.graph`: empty for the main graph. */
  readonly path: string;
  readonly kind: 'main' | 'subgraph' | 'function';
  /** Null for the body of a function, which is no graph. */
  readonly graph: Graph | null;
  /** The function that this place lies in, if any. */
  readonly function: LocalFunction | null;
  readonly nodes: readonly Node[];
  /** The place around a subgraph, whose values it may use. */
  readonly outer: GraphPlace | null;
  /** The node of `outer` that carries this subgraph. */
  readonly owner: Node | null;
  /** Subgraphs around this place. */
  readonly depth: number;
  /** The opset in force for each domain, as the runtime sees it. */
  readonly opsets: ReadonlyMap<string, number>;
  /** False inside functions that nothing calls: the runtime never looks at them. */
  readonly reached: boolean;
}

/** Subgraphs inside subgraphs: C++ protobuf stops at 100 messages, so no runtime reads deeper. */
const MAX_DEPTH = 100;

/** Every place of a model, each before those inside it, in the file's order. */
export function graphPlaces(model: Model): readonly GraphPlace[] {
  const places: GraphPlace[] = [];
  const imported = new Map(model.opsetImports.map(({ domain, version }) => [domain, version]));
  const opsets = new Map([...runtimeLimits().opsets, ...imported]);
  const main = model.graph;
  visit({ ...OUTERMOST, path: '', kind: 'main', graph: main, nodes: main.nodes, opsets, reached: true }, places);
  const called = calledFunctions(model);
  for (const fn of model.functions) {
    const imports = fn.opsetImports.map(({ domain, version }) => [domain, version] as const);
    // The runtime copies the body into the caller and judges it by the model's own imports where there are any.
    const inside = new Map([...runtimeLimits().opsets, ...imports, ...imported]);
    const path = functionPath(fn);
    visit(
      {
        ...OUTERMOST,
        path,
        kind: 'function',
        function: fn,
        nodes: fn.nodes,
        opsets: inside,
        reached: called.has(functionKey(fn)),
      },
      places,
    );
  }
  return places;
}

/** Functions are found by domain, name and overload; a node that calls one has the same key. */
export function functionKey(fn: LocalFunction): string {
  return `${fn.domain}:${fn.name}:${fn.overload}`;
}

/** The key of the function that a node would call. */
export function callKey(node: Node): string {
  return `${node.domain}:${node.opType}:${node.overload}`;
}

/** The graphs that a node carries, by the attribute that holds them. */
export function* subgraphsOf(node: Node): Iterable<readonly [Attribute, Graph]> {
  for (const attribute of node.attributes) {
    if (attribute.value.kind === 'graph') yield [attribute, attribute.value.value];
    if (attribute.value.kind === 'graphs') for (const graph of attribute.value.values) yield [attribute, graph];
  }
}

const OUTERMOST = { function: null, graph: null, outer: null, owner: null, depth: 0 } as const;

function visit(place: GraphPlace, places: GraphPlace[]): void {
  places.push(place);
  if (place.depth >= MAX_DEPTH) return;
  for (const [index, node] of place.nodes.entries()) {
    for (const [attribute, graph] of subgraphsOf(node)) {
      const path = `${place.path === '' ? '' : `${place.path}/`}${nodeLabel(node, index)}/${attribute.name}`;
      const depth = place.depth + 1;
      visit({ ...place, path, kind: 'subgraph', graph, nodes: graph.nodes, outer: place, owner: node, depth }, places);
    }
  }
}

/** A node's name, or its operator and place in the list where it has none. */
export function nodeLabel(node: Node, index: number): string {
  return node.name === '' ? `${node.opType}#${index}` : node.name;
}

function functionPath(fn: LocalFunction): string {
  return `function:${fn.domain}:${fn.name}${fn.overload === '' ? '' : `:${fn.overload}`}`;
}

function calledFunctions(model: Model): ReadonlySet<string> {
  const bodies = new Map(model.functions.map((fn) => [functionKey(fn), fn.nodes]));
  const called = new Set<string>();
  const waiting: (readonly Node[])[] = [model.graph.nodes];
  for (let nodes = waiting.pop(); nodes !== undefined; nodes = waiting.pop()) {
    for (const node of nodes) {
      const key = callKey(node);
      const body = bodies.get(key);
      if (body && !called.has(key)) {
        called.add(key);
        waiting.push(body);
      }
      for (const [, graph] of subgraphsOf(node)) waiting.push(graph.nodes);
    }
  }
  return called;
}
