import type { Attribute, Graph, LocalFunction, Node } from '../../onnx/model.ts';
import { type Fact, tensor, typeOnly, unknown } from './fact.ts';
import { inferNode } from './infer-node.ts';
import type { Inference } from './inference.ts';
import { eitherOf, joinFacts } from './join-facts.ts';
import type { Services } from './node-context.ts';
import { lookUp, type Scope } from './scope.ts';
import type { ShapedGraph } from './shaped-model.ts';

export interface Surroundings {
  readonly inference: Inference;
  readonly path: string;
  readonly parent: Scope | null;
  readonly opsets: ReadonlyMap<string, number>;
  readonly attributes: ReadonlyMap<string, Attribute>;
  readonly calls: readonly string[];
  readonly depth: number;
}

export interface WalkedGraph {
  readonly shaped: ShapedGraph;
  readonly outputs: readonly Fact[];
}

/** Infers every value of a graph whose inputs are given by name. */
export function walkGraph(graph: Graph, inputs: ReadonlyMap<string, Fact>, around: Surroundings): WalkedGraph {
  const scope = openScope(around);
  const { inference } = around;
  const overridable = around.parent === null ? inference.options.overridable : EMPTY;
  for (const stored of graph.initializers) {
    const fact = inference.initializer(stored);
    scope.values.set(stored.name, overridable.has(stored.name) ? typeOnly(fact) : fact);
  }
  for (const sparse of graph.sparseInitializers) {
    scope.values.set(sparse.values.name, { ...tensor(sparse.values.elementType, sparse.dims), kind: 'sparse-tensor' });
  }
  for (const [name, fact] of inputs) scope.values.set(name, fact);
  const { nodes, declared } = inference.prepare(graph);
  for (const node of nodes) inferNode(node, { scope, declared });
  return close(
    scope,
    graph,
    graph.outputs.map(({ name }) => name),
  );
}

/** The same for a function's body: it sees nothing around it, and declares nothing that binds. */
export function walkFunction(
  body: LocalFunction,
  inputs: ReadonlyMap<string, Fact>,
  around: Surroundings,
): WalkedGraph {
  const scope = openScope(around);
  for (const [name, fact] of inputs) scope.values.set(name, fact);
  const { nodes, declared } = around.inference.prepare(body);
  for (const node of nodes) inferNode(node, { scope, declared });
  return close(scope, body, body.outputs);
}

const EMPTY: ReadonlySet<string> = new Set();

function openScope(around: Surroundings): Scope {
  const scope: Scope = { ...around, values: new Map(), inner: new Map(), services: servicesFor(() => scope) };
  return scope;
}

function close(scope: Scope, graph: Graph | LocalFunction, outputs: readonly string[]): WalkedGraph {
  const shaped = { graph, path: scope.path, values: scope.values, inner: scope.inner };
  return { shaped, outputs: outputs.map((name) => lookUp(scope, name) ?? unknown(`nothing makes ${name}`)) };
}

function servicesFor(scopeOf: () => Scope): Services {
  return {
    freshSize: (reason, atMost) => scopeOf().inference.freshSize(reason, atMost),
    readTensor: (stored) => scopeOf().inference.options.readTensor(stored),
    report: (node, contradiction) => {
      const scope = scopeOf();
      scope.inference.reportContradiction({ graph: scope.path, node }, contradiction);
    },
    visitsLeft: () => scopeOf().inference.visitsLeft(),
    resolve: (reference) => scopeOf().attributes.get(reference) ?? null,
    inferSubgraph: (node, graph, { inputs, isDead = false, isOptional = false, isRepeated = false }) => {
      const scope = scopeOf();
      const work = () => walkSubgraph(scope, node, { graph, inputs });
      const { shaped, outputs } = scope.inference.within({ isDead, isOptional }, work);
      remember(scope, node, { shaped: isDead ? { ...shaped, isDead } : shaped, isRepeated });
      return outputs;
    },
  };
}

function walkSubgraph(
  scope: Scope,
  node: Node,
  { graph, inputs }: { readonly graph: Graph; readonly inputs: readonly Fact[] },
): WalkedGraph {
  const { inference } = scope;
  const attribute = node.attributes.find(({ value }) => value.kind === 'graph' && value.value === graph)?.name ?? '';
  const path = [scope.path, `${node.name || node.outputs[0] || node.opType}/${attribute}`]
    .filter((part) => part !== '')
    .join('/');
  if (scope.depth >= inference.options.limits.graphDepth) {
    const reason = `graphs are nested deeper than ${inference.options.limits.graphDepth}`;
    return {
      shaped: { graph, path, values: new Map(), inner: new Map() },
      outputs: graph.outputs.map(() => unknown(reason)),
    };
  }
  const named = new Map(
    graph.inputs.map(({ name }, index) => [name, inputs[index] ?? unknown(`nothing is given for ${name}`)]),
  );
  return walkGraph(graph, named, { ...scope, path, parent: scope, depth: scope.depth + 1 });
}

/** Another round through a graph leaves what all rounds have in common. */
function remember(
  scope: Scope,
  node: Node,
  { shaped, isRepeated }: { readonly shaped: ShapedGraph; readonly isRepeated: boolean },
): void {
  const before = scope.inner.get(node) ?? [];
  const same = before.find(({ graph }) => graph === shaped.graph);
  const others = before.filter(({ graph }) => graph !== shaped.graph);
  scope.inner.set(node, [...others, same && isRepeated ? joinRounds(same, shaped, scope.inference) : shaped]);
}

function joinRounds(before: ShapedGraph, after: ShapedGraph, inference: Inference): ShapedGraph {
  const options = eitherOf('differs from round to round', (reason, atMost) => inference.freshSize(reason, atMost));
  const values = new Map(after.values);
  for (const [name, fact] of before.values) {
    const later = after.values.get(name);
    if (later) values.set(name, joinFacts(fact, later, options));
  }
  return { ...after, values };
}
