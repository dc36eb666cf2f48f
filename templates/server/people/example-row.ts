import type { Plan } from '../../../schemas/plan.ts';
import { decodeInferenceRequest } from '../open-inference/decode.ts';
import type { Axis, Port, Signature } from '../signature.ts';
import { elementCount, type Tensors } from '../tensor.ts';
import { hasRows } from './has-rows.ts';
import { renderRows } from './render-rows.ts';

/**
 * A row that the model takes, as JSON: the first of the plan's example where there is one, else zeros in the smallest shape.
 */
export function exampleRow(plan: Plan, signature: Signature): string {
  const batched = hasRows(signature);
  const { inputs } = signature;
  if (plan.example) {
    try {
      const tensors = decodeInferenceRequest(Buffer.from(JSON.stringify(plan.example)), signature).inputs;
      const count = batched ? (tensors[inputs[0]?.name ?? '']?.dims[0] ?? 1) : null;
      if (count !== 0) return renderRows(tensors, { outputs: inputs, count, isOne: true });
    } catch {
      // An example that does not fit is the packager's matter; the warm-up tells of it.
    }
  }
  const made: Tensors = Object.fromEntries(inputs.map((port) => [port.name, makeUp(port)]));
  return renderRows(made, { outputs: inputs, count: batched ? 1 : null, isOne: true });
}

function makeUp(port: Port) {
  const dims = (port.axes ?? []).map((axis: Axis) => (typeof axis === 'number' ? axis : 1));
  return {
    type: port.datatype.runtime,
    dims,
    data: port.datatype.allocate(elementCount(dims)),
    location: 'cpu',
  } as const;
}
