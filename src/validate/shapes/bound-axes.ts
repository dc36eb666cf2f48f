import { type Fact, type TensorFact, tensor } from './fact.ts';
import type { Inference } from './inference.ts';
import { smaller } from './size/extremes.ts';
import { reasonOf, type Size, symbolOf, textOf } from './size/size.ts';

/** The outputs of a node by name. */
type Outputs = ReadonlyMap<string, Fact>;

/**
 * What the user's bounds for inner values add to the outputs of a node: a size that the data decides is at most its bound,
 * wherever it stands in these outputs. A rank that is not known follows where every axis from the first on is bounded. Sizes that are known, or
 * follow from the inputs', need no bound and get none.
 */
export function boundAxes(outputs: Outputs, inference: Inference): Outputs {
  let bounded = outputs;
  for (const name of outputs.keys()) {
    const axes = inference.boundsOfAxes(name);
    if (axes !== undefined) bounded = withBounds(bounded, { name, axes, inference });
  }
  return bounded;
}

interface AxisBounds {
  readonly name: string;
  readonly axes: ReadonlyMap<number, number>;
  readonly inference: Inference;
}

function withBounds(outputs: Outputs, { name, axes, inference }: AxisBounds): Outputs {
  const fact = outputs.get(name);
  if (fact?.kind !== 'tensor') return outputs;
  if (fact.shape === null) return new Map([...outputs, [name, ranked(fact, axes, inference)]]);
  const replaced = new Map<string, Size>();
  const shape = fact.shape.map((size, axis) => {
    const most = axes.get(axis);
    const reason = reasonOf(size);
    if (most === undefined || reason === null) return size;
    const atom = symbolOf(size);
    const before = atom ? atom.atMost : size;
    const bounded = inference.freshSize(reason, before === null ? most : smaller(before, most));
    // The others of these outputs that are as large stay as large.
    if (atom) replaced.set(textOf(size), bounded);
    return bounded;
  });
  return new Map([
    ...[...outputs].map(([other, its]) => [other, replacing(its, replaced)] as const),
    [name, { ...fact, shape }],
  ]);
}

function replacing(fact: Fact, sizes: ReadonlyMap<string, Size>): Fact {
  if (fact.kind !== 'tensor' || !fact.shape?.some((size) => sizes.has(textOf(size)))) return fact;
  return { ...fact, shape: fact.shape.map((size) => sizes.get(textOf(size)) ?? size) };
}

function ranked(fact: TensorFact, axes: ReadonlyMap<number, number>, inference: Inference): TensorFact {
  const reason = fact.reason ?? 'its rank was declared by bounds';
  const bounds = [...axes].sort(([a], [b]) => a - b);
  if (bounds.some(([axis], place) => axis !== place)) return fact;
  return tensor(
    fact.elementType,
    bounds.map(([, most]) => inference.freshSize(reason, most)),
  );
}
