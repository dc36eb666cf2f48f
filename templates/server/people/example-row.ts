import type { Plan } from '../../../schemas/plan.ts';
import { decodeInferenceRequest } from '../open-inference/decode.ts';
import type { Axis, Port, Signature } from '../signature.ts';
import { type Elements, elementCount, type Tensor, type Tensors } from '../tensor.ts';
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
      if (count !== 0) return renderExactly(tensors, inputs, count);
    } catch {
      // An example that does not fit is the packager's matter; the warm-up tells of it.
    }
  }
  const made: Tensors = Object.fromEntries(inputs.map((port) => [port.name, makeUp(port)]));
  return renderExactly(made, inputs, batched ? 1 : null);
}

/** The first row; integers that readers of JSON would round stand in quotes, as requests may have them. */
function renderExactly(tensors: Tensors, inputs: readonly Port[], count: number | null): string {
  const exact: Record<string, Tensor> = { ...tensors };
  const outputs = inputs.map((port): Port => {
    const tensor = tensors[port.name];
    if (tensor === undefined || !isWide(tensor.data)) return port;
    exact[port.name] = { ...tensor, data: Array.from(tensor.data, String) };
    return { ...port, type: 'string' };
  });
  return renderRows(exact, { outputs, count, isOne: true });
}

function isWide(data: Elements): data is BigInt64Array | BigUint64Array {
  if (!(data instanceof BigInt64Array || data instanceof BigUint64Array)) return false;
  return data.some((element: bigint) => !Number.isSafeInteger(Number(element)));
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
