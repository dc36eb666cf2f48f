import type { Node } from '../../onnx/model.ts';
import type { Fact } from '../shapes/fact.ts';
import { orderNodes } from '../shapes/order-nodes.ts';
import type { ShapedGraph } from '../shapes/shaped-model.ts';
import { type Size, sameSize, symbolOf } from '../shapes/size/size.ts';
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
  const shapeless = new Set<string>();
  const computed = computedNames(symbolic.graph);
  const view: View = { factOf: (name) => symbolic.values.get(name), known };
  for (const node of orderNodes(symbolic.graph.nodes)) {
    const isComputed = BY_NUMBERS.has(node.opType) && node.inputs.slice(1).some((name) => computed.has(name));
    for (const [index, name] of node.outputs.entries()) {
      const shape = shapeOf(view.factOf(name));
      if (!shape) continue;
      const own = declared.get(name);
      const said = own?.length === shape.length ? own : [];
      const isShapeless = own === undefined && losesShape(node, index, shapeless);
      if (isShapeless) shapeless.add(name);
      const isLost = isShapeless || isComputed;
      known.set(
        name,
        shape.map((size, axis) => said[axis] ?? (isLost ? null : carriedAs(node, { size, axis, view }))),
      );
    }
  }
  return known;
}

/** Where these go by computed numbers, the runtime knows none of their output's dimensions, on whichever axes they work. */
const BY_NUMBERS: ReadonlySet<string> = new Set(['Slice', 'Pad', 'Expand', 'Tile', 'Resize', 'Upsample']);

/**
 * The state of a loop may change its shape from round to round, so the runtime takes nothing to be known of it after the last, nor
 * of what is made of a value without a shape. A target of `Reshape` gives it one again.
 */
function losesShape(node: Node, index: number, shapeless: ReadonlySet<string>): boolean {
  if (node.opType === 'Loop' && node.domain === '') return index < node.inputs.length - FIRST_STATE_OF_LOOP;
  if (node.opType === 'Reshape' || node.attributes.some(({ value }) => value.kind === 'graph')) return false;
  return shapersOf(node).some((name) => shapeless.has(name));
}

/** After the count of rounds and the condition. */
const FIRST_STATE_OF_LOOP = 2;

/** Whatever is not stored in the file: the runtime follows no arithmetic here. */
function computedNames({ nodes }: ShapedGraph['graph']): ReadonlySet<string> {
  return new Set(nodes.flatMap(({ opType, outputs }) => (opType === 'Constant' ? [] : outputs)));
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
  ...inputsOf(0, 'LSTM GRU RNN com.microsoft:DynamicQuantizeLSTM'),
  ...inputsOf(1, 'GatherElements'),
};

function inputsOf(index: number, names: string): Readonly<Record<string, number>> {
  return Object.fromEntries(names.split(' ').map((name) => [name, index]));
}

function axesOf(from: number, names: string): Readonly<Record<string, number>> {
  return Object.fromEntries(names.split(' ').map((name) => [name, from]));
}

/** The inputs that an output's shape comes of. */
function shapersOf({ domain, opType, inputs }: Node): readonly string[] {
  const from = TAKEN_FROM[domain === '' ? opType : `${domain}:${opType}`];
  return from === undefined ? inputs : inputs.slice(from, from + 1);
}

function carriedAs(node: Node, { size, axis, view }: Dimension): KnownDimension {
  const isNumber = typeof size === 'number';
  if (axis >= (COMPUTED_FROM[node.opType] ?? Infinity)) return isNumber ? size : null;
  if (node.opType === 'Reshape' && (isNumber || !isCopied(node, axis, view))) return isNumber ? size : null;
  let first: KnownDimension = null;
  let isLost = false;
  let hasCarried = false;
  for (const name of shapersOf(node)) {
    const known = knownAs(size, name, view);
    if (known === undefined) continue;
    hasCarried = true;
    if (known === null) isLost = true;
    else first ??= known;
  }
  if (isNumber && !hasCarried) return size;
  // What is joined agrees on all other axes, and a number on one side settles the other, so that one who knows is enough.
  const isEnough = isNumber || node.opType === 'Concat';
  return isLost && !isEnough ? null : first;
}

/**
 * What the runtime knows of a size that stands in the shape of a value; `undefined` where it does not stand there. Inputs and values of
 * outer graphs, which stand in no list, are known by the names that the model gives.
 */
function knownAs(size: Size, name: string, { factOf, known }: View): KnownDimension | undefined {
  const shape = shapeOf(factOf(name));
  if (!shape) return undefined;
  const own = known.get(name);
  let found: KnownDimension | undefined;
  for (let axis = 0; axis < shape.length; axis++) {
    if (!sameSize(shape[axis] as Size, size)) continue;
    if (own === undefined) return givenName(size);
    found ??= own[axis] ?? null;
  }
  return found;
}

function givenName(size: Size): KnownDimension {
  if (typeof size === 'number') return size;
  return symbolOf(size)?.reason === null ? size.text : null;
}

/** A zero in the target says that the dimension is the input's. */
function isCopied(node: Node, axis: number, { factOf }: View): boolean {
  const target = factOf(node.inputs[1] ?? '');
  return target?.kind === 'tensor' && target.elements?.[axis] === 0;
}

function shapeOf(fact: Fact | undefined): readonly Size[] | null {
  return fact?.kind === 'tensor' ? fact.shape : null;
}
