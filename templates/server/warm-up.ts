import type { Plan } from '../../schemas/plan.ts';
import { decodeInferenceRequest } from './open-inference/decode.ts';
import type { Session } from './session.ts';
import type { Axis, Port, Signature } from './signature.ts';
import { elementCount, selectOutputs, type Tensor, type Tensors } from './tensor.ts';

export type WarmUp = { readonly ok: true } | { readonly ok: false; readonly why: string };

/**
 * Runs the model once, so that the first client does not pay for what the runtime puts off: on the plan's example where it
 * has one, else on made-up inputs. A model may rightly refuse made-up values (an index out of its table), so a failure here
 * is told and not fatal.
 */
export function warmUp(plan: Plan, signature: Signature, session: Session): WarmUp {
  try {
    const inputs = plan.example ? exampleInputs(plan.example, signature) : makeUpInputs(signature);
    session.run(inputs, selectOutputs(signature.outputs));
    return { ok: true };
  } catch (error) {
    return { ok: false, why: error instanceof Error ? error.message : String(error) };
  }
}

function exampleInputs(example: NonNullable<Plan['example']>, signature: Signature): Tensors {
  return decodeInferenceRequest(Buffer.from(JSON.stringify(example)), signature).inputs;
}

/** Zeros, `false` or a one-letter text, in a batch of one and at the bounds of the other dimensions. */
function makeUpInputs(signature: Signature): Tensors {
  const batches = new Set(signature.inputs.map((port) => port.axes?.[0]).filter((axis) => typeof axis === 'object'));
  const sizeOf = (axis: Axis): number => {
    if (typeof axis === 'number') return axis;
    return axis === null || batches.has(axis) ? 1 : (axis.bound ?? 1);
  };
  return Object.fromEntries(signature.inputs.map((port) => [port.name, makeUp(port, (port.axes ?? []).map(sizeOf))]));
}

function makeUp(port: Port, dims: readonly number[]): Tensor {
  const data = port.datatype.allocate(elementCount(dims));
  if (Array.isArray(data)) data.fill('a');
  return { type: port.datatype.runtime, dims, data, location: 'cpu' };
}
