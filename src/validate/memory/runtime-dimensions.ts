import type { Node } from '../../onnx/model.ts';
import type { Fact } from '../shapes/fact.ts';
import { orderNodes } from '../shapes/order-nodes.ts';
import type { ShapedGraph } from '../shapes/shaped-model.ts';
import { type Size, symbolOf } from '../shapes/size/size.ts';
import { Recent } from './recent.ts';

/** Per value and axis: whether onnxruntime knows the dimension when it plans buffers, as a number or by its name. */
export type KnownDimensions = ReadonlyMap<string, readonly boolean[]>;

/**
 * What of the shapes of a graph onnxruntime knows before any run. Its inference carries names of dimensions along but does no
 * arithmetic on them: they get lost in windows, in shapes that are computed, and where one operand has lost them. Two values
 * whose dimensions it does not know never share a buffer, however alike they turn out.
 */
export function runtimeDimensions(symbolic: ShapedGraph): KnownDimensions {
  return KNOWN.of(symbolic, '', () => dimensionsOf(symbolic));
}

const KNOWN = new Recent<ShapedGraph, KnownDimensions>(1);

function dimensionsOf(symbolic: ShapedGraph): KnownDimensions {
  const known = new Map<string, readonly boolean[]>();
  const view: View = { factOf: (name) => symbolic.values.get(name), known };
  for (const node of orderNodes(symbolic.graph.nodes)) {
    for (const name of node.outputs) {
      const shape = shapeOf(view.factOf(name));
      if (shape)
        known.set(
          name,
          shape.map((size, axis) => isKnown(node, { size, axis, view })),
        );
    }
  }
  return known;
}

interface View {
  readonly factOf: (name: string) => Fact | undefined;
  readonly known: Map<string, readonly boolean[]>;
}

interface Dimension {
  readonly size: Size;
  readonly axis: number;
  readonly view: View;
}

/** From which axis on operators compute the dimensions of their outputs, rather than take them over. */
const COMPUTED_FROM: Readonly<Record<string, number>> = {
  ...axesOf(
    2,
    'Conv FusedConv ConvTranspose MaxPool AveragePool LpPool QLinearConv ConvInteger QLinearAveragePool DeformConv',
  ),
  ...axesOf(0, 'Resize Upsample Tile Expand'),
};

/** Whose shape operators take over, where it is that of one input alone. */
const TAKEN_FROM: Readonly<Record<string, number>> = {
  ...inputsOf(0, 'ScatterElements ScatterND Scatter CumSum Clip LayerNormalization TensorScatter ReverseSequence'),
  ...inputsOf(1, 'GatherElements'),
};

function inputsOf(index: number, names: string): Readonly<Record<string, number>> {
  return Object.fromEntries(names.split(' ').map((name) => [name, index]));
}

function axesOf(from: number, names: string): Readonly<Record<string, number>> {
  return Object.fromEntries(names.split(' ').map((name) => [name, from]));
}

function isKnown(node: Node, { size, axis, view }: Dimension): boolean {
  if (typeof size === 'number') return true;
  if (symbolOf(size)?.reason !== null) return false;
  if (axis >= (COMPUTED_FROM[node.opType] ?? Infinity)) return false;
  if (node.opType === 'Reshape' && !isCopied(node, axis, view)) return false;
  const from = node.domain === '' ? TAKEN_FROM[node.opType] : undefined;
  const carriers = (from === undefined ? node.inputs : node.inputs.slice(from, from + 1)).flatMap((name) => {
    const axes = axesWith(view.factOf(name), size.text);
    return axes.length === 0 ? [] : [{ name, axes }];
  });
  return (
    carriers.length > 0 &&
    carriers.every(({ name, axes }) => {
      const known = view.known.get(name);
      return known === undefined || axes.some((at) => known[at]);
    })
  );
}

/** A zero in the target says that the dimension is the input's. */
function isCopied(node: Node, axis: number, { factOf }: View): boolean {
  const target = factOf(node.inputs[1] ?? '');
  return target?.kind === 'tensor' && target.elements?.[axis] === 0;
}

function axesWith(fact: Fact | undefined, text: string): readonly number[] {
  return (shapeOf(fact) ?? []).flatMap((size, axis) => (typeof size !== 'number' && size.text === text ? [axis] : []));
}

function shapeOf(fact: Fact | undefined): readonly Size[] | null {
  return fact?.kind === 'tensor' ? fact.shape : null;
}
