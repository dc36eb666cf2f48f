import type { Model, Node, Tensor } from '../../onnx/model.ts';
import type { ShapedGraph } from '../shapes/shaped-model.ts';
import { madeNode, usesOf } from './graph-edits.ts';

/** What takes a bias as its second input, and what does the same without one. */
const WITHOUT_BIAS: Readonly<Record<string, string>> = { BiasGelu: 'Gelu', FastGelu: 'FastGelu' };

/**
 * The graph with the bias added before `Gelu` by a node of its own. The kernels that do both hold a third copy of what is the widest value
 * of most transformers; a sum needs none, and its buffer is taken by the result. The bias has two dimensions then: the runtime
 * would put the nodes together again at level `all`, and knows only one.
 */
export function biasBeforeGelu({ graph }: Model, shaped: ShapedGraph): Pick<Model['graph'], 'nodes' | 'initializers'> {
  const uses = usesOf(graph);
  const biases = new Map<string, Tensor>();
  for (const tensor of graph.initializers) {
    const users = uses.get(tensor.name) ?? [];
    if (users.length > 0 && users.every((user) => user !== 'output' && isBiased(user, tensor, shaped)))
      biases.set(tensor.name, { ...tensor, dims: [1, ...tensor.dims] });
  }
  if (biases.size === 0) return graph;
  const nodes = graph.nodes.flatMap((node) => {
    const [input = '', bias = ''] = node.inputs;
    return isOf(node) && biases.has(bias) ? apart(node, input, bias) : [node];
  });
  return { nodes, initializers: graph.initializers.map((tensor) => biases.get(tensor.name) ?? tensor) };
}

function apart(node: Node, input: string, bias: string): readonly Node[] {
  const [output = ''] = node.outputs;
  const biased = `${output}/biased`;
  const opType = WITHOUT_BIAS[node.opType] ?? node.opType;
  return [
    madeNode({
      ...node,
      name: `${node.name}/bias`,
      opType: 'Add',
      domain: '',
      inputs: [input, bias],
      outputs: [biased],
      attributes: [],
    }),
    madeNode({ ...node, opType, inputs: [biased], outputs: [output] }),
  ];
}

/** As its second input alone, and of less rank than its first, so that a dimension of one changes no shape. */
function isBiased(node: Node, { name, dims }: Tensor, { values }: ShapedGraph): boolean {
  const fact = values.get(node.inputs[0] ?? '');
  const rank = fact?.kind === 'tensor' ? (fact.shape?.length ?? 0) : 0;
  return isOf(node) && node.inputs[0] !== name && node.inputs[1] === name && dims.length === 1 && rank >= 2;
}

function isOf({ opType, domain }: Node): boolean {
  return domain === 'com.microsoft' && WITHOUT_BIAS[opType] !== undefined;
}
