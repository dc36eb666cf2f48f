import type { Graph, Node, Tensor } from '../../onnx/model.ts';
import { tensorBytes } from '../../onnx/tensor-size.ts';
import { blockedFilterBytes } from './blocked-convolution.ts';
import { graphsOf } from './execution-order.ts';
import { constantsOf } from './fed-inputs.ts';
import { product } from './kernel.ts';
import type { Processor } from './processor.ts';
import { Recent } from './recent.ts';

/** Weights that a kernel keeps in a form of its own when prepacking is on. */
export interface PackedWeight {
  readonly node: string;
  readonly tensor: string;
  readonly bytes: number;
  /** Alike for nodes that can share it. */
  readonly form: string;
  /** When the graph is laid out anew, or when the kernel is made. */
  readonly by: 'layout' | 'kernel';
  /** Beside it, while it is made: the layout pass keeps copies of the largest one. */
  readonly transientBytes: number;
}

/** Columns that MLAS packs together, on every processor it has kernels for. */
const COLUMN_BLOCK = 16;

/**
 * What prepacking and the layout pass make of the weights of a graph and of the graphs within it. Nodes that want the same form of a
 * weight share it, those of the graph itself and, once more, those of all graphs within it (measured).
 */
export function packedWeights(
  graph: Pick<Graph, 'nodes' | 'inputs' | 'initializers'>,
  processor: Processor,
): readonly PackedWeight[] {
  const weights = WEIGHTS.of(graph, '', () => weightsOf(graph, new Map()));
  const own = graph.nodes.flatMap((node) => packedOf(node, weights, processor));
  const inner = graph.nodes.flatMap((node) => innerPacked(node, weights, processor));
  return [...shared(own), ...shared(inner)];
}

/** The same for every processor. */
const WEIGHTS = new Recent<Pick<Graph, 'nodes' | 'initializers'>, ReadonlyMap<string, Tensor>>(1);

function innerPacked(node: Node, around: ReadonlyMap<string, Tensor>, processor: Processor): readonly PackedWeight[] {
  return graphsOf(node).flatMap((graph) => {
    const weights = weightsOf(graph, around);
    return graph.nodes.flatMap((each) => [
      ...packedOf(each, weights, processor),
      ...innerPacked(each, weights, processor),
    ]);
  });
}

function shared(packed: readonly PackedWeight[]): readonly PackedWeight[] {
  return [...new Map(packed.map((weight) => [`${weight.form} ${weight.tensor}`, weight])).values()];
}

function weightsOf(
  graph: Pick<Graph, 'inputs' | 'initializers'>,
  around: ReadonlyMap<string, Tensor>,
): ReadonlyMap<string, Tensor> {
  return new Map([...around, ...constantsOf(graph)]);
}

/** The layout pass copies filters a few times on the way. */
const LAYOUT_COPIES = 3;

function packedOf(node: Node, weights: ReadonlyMap<string, Tensor>, processor: Processor): readonly PackedWeight[] {
  const filters = weights.get(node.inputs[1] ?? '');
  const blocked = blockedFilterBytes(node, (name) => weights.get(name) ?? null, processor);
  if (filters && blocked !== null)
    return [
      {
        node: node.name,
        tensor: filters.name,
        bytes: blocked,
        form: 'blocked',
        by: 'layout',
        transientBytes: LAYOUT_COPIES * blocked,
      },
    ];
  const rules = RULES[node.domain === '' ? node.opType : `${node.domain}:${node.opType}`] ?? [];
  return rules.flatMap(({ input, bytesOf, keepsSource = false }) => {
    const tensor = weights.get(node.inputs[input] ?? '');
    const bytes = tensor ? bytesOf(tensor, { node, processor }) : 0;
    // A weight that no file holds stands beside its packed form until that is done.
    const isBeside = keepsSource || tensor?.data.kind === 'none';
    const transientBytes = tensor && isBeside ? (tensorBytes(tensor.elementType, tensor.dims) ?? 0) : 0;
    const form = `${node.opType} ${input} ${flag(node, 'transB')}`;
    return tensor && bytes > 0
      ? [{ node: node.name, tensor: tensor.name, bytes, form, by: 'kernel', transientBytes }]
      : [];
  });
}

interface PackRule {
  readonly input: number;
  readonly bytesOf: (tensor: Tensor, facts: PackFacts) => number;
  /** A copy of the weight as the file has it stands beside its packed form until that is done. */
  readonly keepsSource?: boolean;
}

interface PackFacts {
  readonly node: Node;
  readonly processor: Processor;
}

/** `[..., depth, columns]`, or turned. */
function matrixBytes({ dims, elementType }: Tensor, isTransposed: boolean, { depthBlock }: Processor): number {
  const [rows = 1, last = 1] = dims.slice(-2);
  const [depth, columns] = isTransposed ? [last, rows] : [rows, last];
  const count = product(dims.slice(0, -2));
  const blocked = Math.ceil(columns / COLUMN_BLOCK) * COLUMN_BLOCK;
  if (elementType === 'float') return dims.length > 2 ? 0 : count * blocked * depth * 4;
  if (elementType !== 'int8' && elementType !== 'uint8') return 0;
  return count * blocked * (Math.ceil(depth / depthBlock) * depthBlock + 4);
}

function flag(node: Node, name: string): boolean {
  return intOf(node, name) !== 0;
}

function intOf(node: Node, name: string): number {
  const value = node.attributes.find((attribute) => attribute.name === name)?.value;
  return value?.kind === 'int' ? Number(value.value) : 0;
}

const plain = (input: number): PackRule => ({
  input,
  bytesOf: (tensor, { processor }) => matrixBytes(tensor, false, processor),
});
const general = (input: number): PackRule => ({
  input,
  bytesOf: (tensor, { node, processor }) => matrixBytes(tensor, flag(node, 'transB'), processor),
});

/** `[directions, gates, columns]`: each direction by itself. */
const recurrent = (input: number): PackRule => ({
  input,
  bytesOf: (tensor) => {
    const [directions = 1, gates = 1, columns = 1] = tensor.dims;
    return directions * Math.ceil(gates / COLUMN_BLOCK) * COLUMN_BLOCK * columns * 4;
  },
});

const filters = (input: number): PackRule => ({
  input,
  bytesOf: (tensor) => tensorBytes(tensor.elementType, tensor.dims) ?? 0,
});

/** In few bits; where products are made of whole numbers, with a scale and a sum of each block beside them, as floats. */
const fewBits: PackRule = {
  input: 1,
  bytesOf: (tensor, { node }) => {
    const blocks = product(tensor.dims.slice(0, 2));
    const isInteger = intOf(node, 'accuracy_level') === INTEGER_PRODUCTS;
    return (tensorBytes(tensor.elementType, tensor.dims) ?? 0) + (isInteger ? 2 * 4 * blocks : 0);
  },
};

const INTEGER_PRODUCTS = 4;

/** Experts in four bits: a byte for each number, and blocks of numbers with a scale; wider ones stay as they are (measured). */
const fourBitExperts = (input: number): PackRule => ({
  input,
  keepsSource: true,
  bytesOf: ({ dims }, { node }) => {
    if (intOf(node, 'expert_weight_bits') === 8) return 0;
    const block = Math.min(LONGEST_BLOCK, intOf(node, 'block_size') || LONGEST_BLOCK);
    return 2 * product(dims) * (1 + (SCALE_BYTES + block / 2) / block);
  },
});

const LONGEST_BLOCK = 32;
const SCALE_BYTES = 4;

const RULES: Readonly<Record<string, readonly PackRule[]>> = {
  MatMul: [plain(1)],
  Gemm: [general(1)],
  MatMulInteger: [plain(1)],
  QLinearMatMul: [plain(3)],
  QLinearConv: [filters(3)],
  'com.microsoft:QLinearConv': [filters(3)],
  'com.microsoft:FusedMatMul': [general(1)],
  'com.microsoft:FusedGemm': [general(1)],
  'com.microsoft:DynamicQuantizeMatMul': [plain(1)],
  'com.microsoft:MatMulIntegerToFloat': [plain(1)],
  'com.microsoft:QGemm': [general(3)],
  'com.microsoft:MatMulNBits': [fewBits],
  'com.microsoft:QMoE': [fourBitExperts(2), fourBitExperts(5), fourBitExperts(8)],
  'com.microsoft:Attention': [plain(1)],
  'com.microsoft:QAttention': [plain(1)],
  LSTM: [recurrent(1), recurrent(2)],
  GRU: [recurrent(1), recurrent(2)],
  'com.microsoft:DynamicQuantizeLSTM': [plain(1), plain(2)],
  ConvTranspose: [filters(1)],
  'com.microsoft:ConvTransposeWithDynamicPads': [filters(1)],
};
