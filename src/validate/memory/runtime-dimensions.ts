import type { Node } from '../../onnx/model.ts';
import type { Fact } from '../shapes/fact.ts';
import { orderNodes } from '../shapes/order-nodes.ts';
import type { ShapedGraph } from '../shapes/shaped-model.ts';
import { type Expression, type Size, symbolOf } from '../shapes/size/size.ts';
import { Recent } from './recent.ts';

/** Per value and axis: as what onnxruntime knows the dimension when it plans buffers, a number or a name; `null` where it does not. */
export type KnownDimensions = ReadonlyMap<string, readonly KnownDimension[]>;

export type KnownDimension = number | string | null;

/**
 * What of the shapes of a graph onnxruntime knows before any run. Its inference carries names of dimensions along but does no
 * arithmetic on them: they get lost in windows, in shapes that are computed, and where one operand has lost them. What the file
 * itself declares of a value is never lost, and names there may be whole expressions (`4*batch`), which are compared as they stand.
 * Two values whose dimensions it does not know never share a buffer, however alike they turn out.
 */
export function runtimeDimensions(symbolic: ShapedGraph): KnownDimensions {
  return KNOWN.of(symbolic, '', () => dimensionsOf(symbolic));
}

const KNOWN = new Recent<ShapedGraph, KnownDimensions>(1);

function dimensionsOf(symbolic: ShapedGraph): KnownDimensions {
  const declared = declaredDimensions(symbolic.graph);
  const known = new Map<string, readonly KnownDimension[]>();
  const view: View = { factOf: (name) => symbolic.values.get(name), known };
  for (const node of orderNodes(symbolic.graph.nodes)) {
    for (const name of node.outputs) {
      const shape = shapeOf(view.factOf(name));
      if (!shape) continue;
      const own = declared.get(name);
      const said = own?.length === shape.length ? own : [];
      known.set(
        name,
        shape.map((size, axis) =>
          typeof size === 'number' ? size : (said[axis] ?? carriedAs(node, { size, axis, view })),
        ),
      );
    }
  }
  return known;
}

/** Of intermediate values and outputs, as exporters write them. */
function declaredDimensions(graph: ShapedGraph['graph']): KnownDimensions {
  const outputs = 'initializers' in graph ? graph.outputs : [];
  return new Map(
    [...graph.valueInfos, ...outputs].flatMap(({ name, type }) =>
      type?.kind === 'tensor' && type.shape
        ? [[name, type.shape.map((size) => (size === '' || (typeof size === 'number' && size < 0) ? null : size))]]
        : [],
    ),
  );
}

interface View {
  readonly factOf: (name: string) => Fact | undefined;
  readonly known: ReadonlyMap<string, readonly KnownDimension[]>;
}

interface Dimension {
  readonly size: Expression;
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

function carriedAs(node: Node, { size, axis, view }: Dimension): KnownDimension {
  if (axis >= (COMPUTED_FROM[node.opType] ?? Infinity)) return null;
  if (node.opType === 'Reshape' && !isCopied(node, axis, view)) return null;
  const from = node.domain === '' ? TAKEN_FROM[node.opType] : undefined;
  const carried = (from === undefined ? node.inputs : node.inputs.slice(from, from + 1)).flatMap((name) => {
    const axes = axesWith(view.factOf(name), size.text);
    return axes.length === 0 ? [] : [knownAs(size, axes, view.known.get(name))];
  });
  return carried.includes(null) ? null : (carried[0] ?? null);
}

/** Inputs and values of outer graphs, which stand in no list, are known by the names that the model gives. */
function knownAs(size: Expression, axes: readonly number[], known: readonly KnownDimension[] | undefined) {
  if (known === undefined) return symbolOf(size)?.reason === null ? size.text : null;
  return axes.map((axis) => known[axis] ?? null).find((name) => name !== null) ?? null;
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
