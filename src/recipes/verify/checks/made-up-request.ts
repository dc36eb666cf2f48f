import type { Plan, TensorSignature } from '../../../../schemas/plan.ts';
import { caseTensorsOf } from '../../../validate/cases/tensor-of-case.ts';
import { type Attempt, synthesiseFeeds } from '../../../validate/runtime/synthesise-feeds.ts';
import type { Tensors } from '../../../verify/rows.ts';

/** A dimension that the model leaves open and nobody has bounded. */
const UNBOUNDED = 8;

/** A request of so many rows from the signature, the other open dimensions at their bounds; `null` where none can be made up. */
export function madeUpRequest(
  plan: Plan,
  { rows, integers, seed }: { readonly rows: number; readonly integers: Attempt['integers']; readonly seed: number },
): Tensors | null {
  const ports = plan.model.inputs
    .filter(({ name }) => !plan.model.optionalInputs.includes(name))
    .map(({ name, elementType, shape }) => ({ name, elementType, shape: sizesOf({ name, shape }, { plan, rows }) }));
  const feeds = synthesiseFeeds(ports, { attempt: { outer: rows, inner: UNBOUNDED, integers }, bounds: {}, seed });
  return feeds === null ? null : caseTensorsOf(feeds);
}

/** The most rows that a request may have: the bound of the first dimension, else the largest run; 1 where that is fixed. */
export function mostRows({ model, bounds, batching }: Plan): number {
  const [first] = model.inputs.filter(({ name }) => !model.optionalInputs.includes(name));
  const size = first?.shape?.[0];
  if (first === undefined || size === undefined || typeof size === 'number') return 1;
  const bound = boundOf(first.name, { size, axis: 0, bounds });
  return bound ?? (batching.state === 'proven' ? batching.maxSize : 2);
}

function sizesOf(
  { name, shape }: Pick<TensorSignature, 'name' | 'shape'>,
  { plan, rows }: { readonly plan: Plan; readonly rows: number },
): readonly number[] {
  return (shape ?? []).map((size, axis) => {
    if (typeof size === 'number') return size;
    const bound = boundOf(name, { size, axis, bounds: plan.bounds });
    return axis === 0 ? Math.min(rows, bound ?? rows) : (bound ?? UNBOUNDED);
  });
}

/** Dimensions without a symbol are bounded by their place, as `x[0]`. */
function boundOf(
  name: string,
  { size, axis, bounds }: { readonly size: string | null; readonly axis: number; readonly bounds: Plan['bounds'] },
) {
  const key = size ?? `${name}[${axis}]`;
  return Object.hasOwn(bounds, key) ? bounds[key] : undefined;
}
