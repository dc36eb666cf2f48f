import { DEFAULT_PRIORITY } from '../job.ts';
import type { RequestLimits } from '../limits.ts';
import { badRequest } from '../request-error.ts';
import type { Port, Signature } from '../signature.ts';
import type { Steps } from '../take-in-turns.ts';
import { elementCount } from '../tensor.ts';
import { assertShape } from './check-shape.ts';
import type { DecodedRequest } from './decode.ts';
import { ELEMENT_BYTES, readRawElements } from './raw-elements.ts';

/**
 * A body without any JSON (`Inference-Header-Content-Length: 0`): the one input's bytes, its shape by their number. All
 * outputs go back in binary form.
 *
 * @throws RequestError 400 where the model has more inputs, or more than one open dimension
 */
export function* decodeRawRequest(body: Buffer, signature: Signature, limits: RequestLimits): Steps<DecodedRequest> {
  const [port, ...others] = signature.inputs;
  if (port === undefined || others.length > 0) {
    throw badRequest(`a body of bytes alone is for models with one input; this one has ${signature.inputs.length}`);
  }
  const dims = dimsOf(port, body);
  assertShape(port, dims, new Array(signature.symbolCount));
  const { data, rest } = readRawElements(body, port, { dims, stringBytes: limits.stringBytes });
  if (rest) yield* rest;
  return {
    id: undefined,
    inputs: { [port.name]: { type: port.datatype.runtime, dims, data, location: 'cpu' } },
    outputs: signature.outputs,
    binary: signature.outputs.map(() => true),
    deadlineMs: undefined,
    priority: DEFAULT_PRIORITY,
    echo: '',
  };
}

function dimsOf(port: Port, body: Buffer): number[] {
  const open = port.axes?.filter((axis) => typeof axis !== 'number').length ?? Number.POSITIVE_INFINITY;
  if (port.axes === null || open > 1) {
    throw badRequest(
      `input "${port.name}" leaves more than one size open; wanted its "shape" in JSON before the bytes`,
    );
  }
  const rest = elementCount(port.axes.filter((axis) => typeof axis === 'number'));
  // Texts differ in length, so they have to be counted; one is what such a request is for.
  const count = port.type === 'string' ? rest : body.length / ELEMENT_BYTES[port.type];
  return port.axes.map((axis) => (typeof axis === 'number' ? axis : Math.floor(count / Math.max(rest, 1))));
}
