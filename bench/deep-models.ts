import type { Attribute, AttributeValue, Model, Node, Tensor } from '../src/onnx/model.ts';
import { writeModel } from '../src/onnx/write-model.ts';
import { attributeOf, graphOf, intsOf, modelOf, nodeOf, tensorOf, valueInfoOf } from '../test/onnx/parts.ts';

/** Kinds of graphs of many nodes with small weights: what a plan costs is that of the graph. */
export const DEEP_KINDS = ['residual', 'transformer'] as const;

export type DeepKind = (typeof DEEP_KINDS)[number];

/** Largest sizes of what they leave open. */
export const DEEP_BOUNDS: Readonly<Record<DeepKind, Readonly<Record<string, number>>>> = {
  residual: { batch: 8 },
  transformer: { batch: 8, sequence: 128 },
};

/** Writes a graph of about so many nodes. */
export async function writeDeepModel(path: string, { kind, nodes }: { kind: DeepKind; nodes: number }): Promise<void> {
  await writeModel(MODELS[kind](nodes), path);
}

const CHANNELS = 16;
const IMAGE = 32;
const WIDTH = 32;
const HEADS = 4;

const MODELS: Readonly<Record<DeepKind, (nodes: number) => Model>> = { residual, transformer };

/** Five nodes a block: two convolutions, and what was there is added. */
function residual(count: number): Model {
  const parts = new Parts();
  let last = 'x';
  for (let block = 0; block < Math.ceil(count / 5); block++) {
    const convolve = (input: string) =>
      parts.add('Conv', [input, parts.weight([CHANNELS, CHANNELS, 3, 3])], { pads: intsOf(1, 1, 1, 1) });
    const inner = convolve(parts.add('Relu', [convolve(last)]));
    last = parts.add('Relu', [parts.add('Add', [inner, last])]);
  }
  return parts.model(last, ['batch', CHANNELS, IMAGE, IMAGE]);
}

/** Attention and two products, written out as exporters do, with shapes that are computed. */
function transformer(count: number): Model {
  const parts = new Parts();
  let last = 'x';
  while (parts.count < count) {
    const heads = (input: string) => {
      const projected = parts.add('Add', [
        parts.add('MatMul', [input, parts.weight([WIDTH, WIDTH])]),
        parts.weight([WIDTH]),
      ]);
      const split = parts.add('Reshape', [projected, parts.shape([0, -1, HEADS, WIDTH / HEADS])]);
      return parts.add('Transpose', [split], { perm: intsOf(0, 2, 1, 3) });
    };
    const normal = parts.normalised(last);
    const [query, key, value] = [heads(normal), heads(normal), heads(normal)];
    const turned = parts.add('Transpose', [key], { perm: intsOf(0, 1, 3, 2) });
    const scores = parts.add('Softmax', [parts.add('Mul', [parts.add('MatMul', [query, turned]), parts.weight([])])]);
    const context = parts.add('Transpose', [parts.add('MatMul', [scores, value])], { perm: intsOf(0, 2, 1, 3) });
    const rows = parts.add('Gather', [parts.add('Shape', [context]), parts.shape([0])], { axis: int(0) });
    const target = parts.add('Concat', [rows, parts.shape([-1, WIDTH])], { axis: int(0) });
    const joined = parts.add('Reshape', [context, target]);
    const attended = parts.add('Add', [parts.add('Reshape', [joined, parts.add('Shape', [last])]), last]);
    const wide = parts.add('MatMul', [parts.normalised(attended), parts.weight([WIDTH, 4 * WIDTH])]);
    const narrow = parts.add('MatMul', [parts.add('Tanh', [wide]), parts.weight([4 * WIDTH, WIDTH])]);
    last = parts.add('Add', [narrow, attended]);
  }
  return parts.model(last, ['batch', 'sequence', WIDTH]);
}

/** The nodes and weights of a graph in the making. */
class Parts {
  readonly #nodes: Node[] = [];
  readonly #weights: Tensor[] = [];

  get count(): number {
    return this.#nodes.length;
  }

  add(opType: string, inputs: readonly string[], attributes: Readonly<Record<string, AttributeValue>> = {}): string {
    const name = `${opType}_${this.#nodes.length}`;
    const given: readonly Attribute[] = Object.entries(attributes).map(([key, value]) => attributeOf(key, value));
    this.#nodes.push(nodeOf(opType, { name, inputs, outputs: [`${name}_out`], attributes: given }));
    return `${name}_out`;
  }

  normalised(input: string): string {
    return this.add('LayerNormalization', [input, this.weight([WIDTH]), this.weight([WIDTH])]);
  }

  /** Of small numbers, so that nothing grows from block to block, which differ, so that no two are folded into one. */
  weight(dims: readonly number[]): string {
    const count = dims.reduce((product, size) => product * size, 1);
    const seed = this.#weights.length;
    const values = Float32Array.from({ length: count }, (_, index) => Math.sin(seed + index) / 32);
    return this.#store(dims, { elementType: 'float', bytes: new Uint8Array(values.buffer) });
  }

  shape(sizes: readonly number[]): string {
    const bytes = new Uint8Array(BigInt64Array.from(sizes.map(BigInt)).buffer);
    return this.#store([sizes.length], { elementType: 'int64', bytes });
  }

  #store(dims: readonly number[], { elementType, bytes }: { elementType: Tensor['elementType']; bytes: Uint8Array }) {
    const name = `w${this.#weights.length}`;
    this.#weights.push(tensorOf(name, { elementType, dims, data: { kind: 'memory', bytes } }));
    return name;
  }

  model(output: string, shape: readonly (string | number)[]): Model {
    const graph = graphOf({
      nodes: this.#nodes,
      initializers: this.#weights,
      inputs: [valueInfoOf('x', 'float', shape)],
      outputs: [valueInfoOf(output, 'float', shape)],
    });
    return modelOf({ graph });
  }
}

function int(value: number): AttributeValue {
  return { kind: 'int', value: BigInt(value) };
}
