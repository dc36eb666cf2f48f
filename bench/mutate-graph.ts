import type { Attribute, Dimension, Graph, Model, Node, Tensor, ValueInfo, ValueType } from '../src/onnx/model.ts';
import { knownDomains, operatorNames } from '../src/validate/operators/operator-schemas.ts';
import type { Random } from './mutations.ts';

/** Numbers at which arithmetic goes wrong first. */
const ODD_NUMBERS: readonly number[] = [
  0,
  1,
  -1,
  2,
  3,
  7,
  64,
  65,
  1000,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 40,
  2 ** 53 - 1,
  -(2 ** 31),
];
const ODD_INTEGERS: readonly bigint[] = [...ODD_NUMBERS.map(BigInt), 2n ** 62n, 2n ** 63n - 1n, -(2n ** 63n)];
const ODD_SIZES: readonly Dimension[] = [
  ...ODD_NUMBERS.filter((size) => size >= 0),
  'batch',
  'N',
  'a + b',
  '',
  null,
  -1,
];

type Change<T> = (value: T, random: Random, model: Model) => T;

/** Changes to a model that stay well formed as bytes: what is wrong afterwards is what the model says. */
export function mutateGraph(model: Model, random: Random): Model {
  const { graph, functions } = model;
  if (functions.length > 0 && random.below(4) === 0) {
    const nodes = (fn: (typeof functions)[number]) => ({
      ...fn,
      nodes: someOf(fn.nodes, { random, model, change: random.pick(NODES) }),
    });
    return { ...model, functions: functions.map(nodes) };
  }
  if (random.below(20) === 0) {
    const version = random.pick(ODD_NUMBERS);
    return { ...model, opsetImports: model.opsetImports.map((one) => ({ ...one, version })) };
  }
  return { ...model, graph: random.pick(GRAPHS)(graph, random, model) };
}

const GRAPHS: readonly Change<Graph>[] = [
  ...Array<Change<Graph>>(5).fill((graph, random, model) => ({
    ...graph,
    nodes: someOf(graph.nodes, { random, model, change: random.pick(NODES) }),
  })),
  (graph, random, model) => ({
    ...graph,
    initializers: someOf(graph.initializers, { random, model, change: oddTensor }),
  }),
  (graph, random, model) => ({ ...graph, inputs: someOf(graph.inputs, { random, model, change: oddValue }) }),
  (graph, random, model) => ({ ...graph, outputs: someOf(graph.outputs, { random, model, change: oddValue }) }),
  (graph, random) => ({
    ...graph,
    nodes: [...graph.nodes, ...graph.nodes.slice(random.below(graph.nodes.length + 1))],
  }),
  (graph) => ({ ...graph, nodes: [...graph.nodes].reverse() }),
  (graph) => ({ ...graph, initializers: [] }),
  (graph, random) => ({ ...graph, inputs: graph.inputs.slice(random.below(2)), valueInfos: graph.inputs }),
];

const NODES: readonly Change<Node>[] = [
  (node, random) => ({ ...node, opType: otherOperator(node, random) }),
  (node, random) => ({ ...node, opType: otherOperator(node, random), attributes: [] }),
  (node, random) => ({ ...node, inputs: node.inputs.slice(0, random.below(node.inputs.length + 1)) }),
  (node, random, model) => ({
    ...node,
    inputs: node.inputs.map((name) => (random.below(2) ? name : anyName(model, random))),
  }),
  (node, random, model) => ({ ...node, inputs: [...node.inputs, anyName(model, random), ''] }),
  (node, random, model) => ({ ...node, outputs: [...node.outputs, anyName(model, random)] }),
  (node, random) => ({ ...node, outputs: node.outputs.slice(random.below(node.outputs.length + 1)) }),
  (node, random) => ({ ...node, attributes: node.attributes.filter(() => random.below(2) === 0) }),
  (node, random, model) => ({ ...node, attributes: node.attributes.map((one) => oddAttribute(one, random, model)) }),
  (node, random, model) => ({ ...node, attributes: node.attributes.map((one) => oddAttribute(one, random, model)) }),
  (node, random) => ({ ...node, domain: random.pick(['', 'ai.onnx.ml', 'com.microsoft', 'nowhere']) }),
];

function otherOperator({ domain }: Node, random: Random): string {
  const home = knownDomains().includes(domain) ? domain : '';
  return random.pick(operatorNames(home));
}

const oddAttribute: Change<Attribute> = (attribute, random, model) => {
  const { value } = attribute;
  if (value.kind === 'int') return { ...attribute, value: { kind: 'int', value: random.pick(ODD_INTEGERS) } };
  if (value.kind === 'float') return { ...attribute, value: { kind: 'float', value: random.pick(ODD_NUMBERS) } };
  if (value.kind === 'string') return { ...attribute, value: { ...value, value: random.bytes(random.below(9)) } };
  if (value.kind === 'tensor')
    return { ...attribute, value: { ...value, value: oddTensor(value.value, random, model) } };
  if (value.kind === 'graph')
    return { ...attribute, value: { ...value, value: random.pick(GRAPHS)(value.value, random, model) } };
  if (value.kind !== 'ints') return attribute;
  const length = random.pick([0, 1, value.count, value.count, value.count, value.count + 1, 70]);
  const items = Array.from({ length }, () => random.pick(ODD_INTEGERS));
  return { ...attribute, value: { kind: 'ints', count: length, spans: [], values: () => items } };
};

/** Small integers are what shapes are computed from, so those are written anew. */
const oddTensor: Change<Tensor> = (tensor, random) => {
  if (tensor.elementType === 'int64' && random.below(3) > 0) {
    const length = random.pick([0, 1, 2, 4, 70]);
    const values = BigInt64Array.from({ length }, () => random.pick(ODD_INTEGERS));
    return { ...tensor, dims: [length], data: { kind: 'memory', bytes: new Uint8Array(values.buffer) } };
  }
  return {
    ...tensor,
    dims: tensor.dims.map((size) => (random.below(2) ? size : Math.max(0, random.pick(ODD_NUMBERS)))),
  };
};

const oddValue: Change<ValueInfo> = (value, random) => ({ ...value, type: oddType(value.type, random) });

function oddType(type: ValueType | null, random: Random): ValueType | null {
  if (type === null || random.below(10) === 0) return null;
  if (random.below(10) === 0) return { kind: random.pick(['sequence', 'optional'] as const), element: type };
  if (type.kind !== 'tensor') return type;
  if (random.below(4) === 0)
    return { ...type, elementType: random.pick(['int64', 'string', 'bool', 'int4', 'complex64'] as const) };
  return { ...type, shape: Array.from({ length: random.below(6) }, () => random.pick(ODD_SIZES)) };
}

function anyName({ graph }: Model, random: Random): string {
  const names = [...graph.inputs, ...graph.outputs, ...graph.initializers].map(({ name }) => name);
  const inner = graph.nodes.flatMap((node) => node.outputs);
  return random.pick([...names, ...inner, 'nowhere']);
}

function someOf<T>(
  items: readonly T[],
  { random, model, change }: { random: Random; model: Model; change: Change<T> },
): readonly T[] {
  const chosen = random.below(Math.max(1, items.length));
  return items.map((item, index) => (index === chosen ? change(item, random, model) : item));
}
