import { normalizeAxis, sizeAt } from '../axes.ts';
import { Contradiction } from '../contradiction.ts';
import { type Fact, type Sizes, tensor, tensorOfUnknownShape, typeOnly, unknown } from '../fact.ts';
import type { NodeContext } from '../node-context.ts';
import type { Size } from '../size/size.ts';
import { settle } from './settle.ts';

/** Outputs: the states after the last step, then what each step gave, stacked along an axis of choice. */
export function scan(context: NodeContext): readonly Fact[] {
  const scanCount = scannedInputs(context, context.inputs.length);
  const stateCount = context.inputs.length - scanCount;
  const inputAxes = context.ints('scan_input_axes') ?? [];
  const outputAxes = context.ints('scan_output_axes') ?? [];
  const sliced = Array.from({ length: scanCount }, (_, index) =>
    sliceAlong(context, stateCount + index, inputAxes[index] ?? 0),
  );
  const { states, scanned } = run(context, context.inputs.slice(0, stateCount), sliced);
  const steps = sliced.find(({ length }) => length !== null)?.length ?? context.dependsOnData();
  return [...states, ...scanned.map((fact, index) => insertAxis(fact, steps, outputAxes[index] ?? 0))];
}

/** Version 8: input 0 has the lengths of sequences; states and scanned values have a batch first, scanned ones then the steps. */
export function scanWithBatch(context: NodeContext): readonly Fact[] {
  const scanCount = scannedInputs(context, context.inputs.length - 1);
  const states = context.inputs.slice(1, context.inputs.length - scanCount);
  const scanShapes = context.inputs.slice(context.inputs.length - scanCount);
  const batch = sizeAt(context.shape(context.inputs.length - scanCount), 0);
  const steps = sizeAt(context.shape(context.inputs.length - scanCount), 1);
  const sliced = scanShapes.map((fact) => ({ item: dropLeading(fact ?? null, 2), length: steps }));
  const result = run(
    context,
    states.map((fact) => dropLeading(fact, 1)),
    sliced,
  );
  const withBatch = (fact: Fact, leading: Sizes) =>
    leading.reduceRight<Fact>((inner, size) => insertAxis(inner, size, 0), fact);
  return [
    ...result.states.map((fact) => withBatch(fact, [batch])),
    ...result.scanned.map((fact) => withBatch(fact, [batch, steps])),
  ];
}

/** How many of the inputs are walked over: the last ones. */
function scannedInputs(context: NodeContext, most: number): number {
  const count = context.int('num_scan_inputs', 0);
  if (count >= 1 && count <= most) return count;
  throw new Contradiction('attribute num_scan_inputs is no number of inputs', {
    found: String(count),
    wanted: `1 to ${most}`,
  });
}

interface Sliced {
  readonly item: Fact;
  readonly length: Size | null;
}

function run(
  context: NodeContext,
  initial: readonly (Fact | null)[],
  sliced: readonly Sliced[],
): { states: readonly Fact[]; scanned: readonly Fact[] } {
  const states = initial.map((fact) => fact ?? unknown('a state is left out'));
  const items = sliced.map(({ item }) => item);
  const settled = settle(context, states, (carried, isRepeated) => {
    const results = context.subgraph(context.graph('body'), { inputs: [...carried, ...items], isRepeated });
    return { carried: results.slice(0, states.length), scanned: results.slice(states.length) };
  });
  return { states: settled.carried, scanned: settled.round.scanned };
}

function sliceAlong(context: NodeContext, input: number, axis: number): Sliced {
  const { elementType, shape, reason } = context.tensor(input);
  if (!shape) return { item: tensorOfUnknownShape(elementType, reason ?? ''), length: null };
  const at = normalizeAxis(axis, shape.length);
  return { item: tensor(elementType, shape.toSpliced(at, 1)), length: sizeAt(shape, at) };
}

function dropLeading(fact: Fact | null, count: number): Fact {
  if (fact?.kind !== 'tensor') return unknown('no tensor is given');
  return fact.shape ? tensor(fact.elementType, fact.shape.slice(count)) : typeOnly(fact);
}

function insertAxis(fact: Fact, size: Size, axis: number): Fact {
  if (fact.kind !== 'tensor' || !fact.shape) return typeOnly(fact);
  const at = normalizeAxis(axis, fact.shape.length + 1);
  return tensor(fact.elementType, fact.shape.toSpliced(at, 0, size));
}
