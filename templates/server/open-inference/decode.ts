import { JsonReader, type TakenNumbers } from '../json/reader.ts';
import { beginSkip } from '../json/skip-value.ts';
import { DEFAULT_LIMITS, type RequestLimits } from '../limits.ts';
import { stepEnds } from '../reading-steps.ts';
import { badRequest } from '../request-error.ts';
import type { Port, Signature } from '../signature.ts';
import { type Steps, takeAtOnce } from '../take-in-turns.ts';
import type { Tensors } from '../tensor.ts';
import { BinaryTail } from './binary-tail.ts';
import { decodeRawRequest } from './decode-raw-request.ts';
import { isKey, Members } from './members.ts';
import { type Parameters, readParameters } from './parameters.ts';
import { missingInput, readInputs } from './read-inputs.ts';
import { type RequestedOutput, readOutputs } from './read-outputs.ts';
import { deadlineAfter, priorityOf } from './urgency.ts';

/** An inference request of the protocol's REST form. */
export interface DecodedRequest {
  readonly id: string | undefined;
  readonly inputs: Tensors;
  /** Outputs to answer with, in the order asked for. */
  readonly outputs: readonly Port[];
  /** Which of `outputs` go back in binary form; `undefined` for none. */
  readonly binary: readonly boolean[] | undefined;
  readonly deadlineMs: number | undefined;
  readonly priority: number;
  /** Parameters that go back with the answer, as JSON without the braces. */
  readonly echo: string;
}

export interface DecodeFacts {
  /** Bytes of JSON at the start of the body, where binary tensors follow it: `Inference-Header-Content-Length`. */
  readonly jsonBytes?: number | undefined;
  readonly limits?: RequestLimits;
  /** Numbers that were read while the body came in. */
  readonly taken?: TakenNumbers | undefined;
}

/**
 * Reads an inference request of the Open Inference Protocol from JSON and, where `jsonBytes` says so, binary tensors after it.
 *
 * @throws RequestError 400 that says what was wanted and what was found
 */
export function decodeInferenceRequest(body: Buffer, signature: Signature, facts: DecodeFacts = {}): DecodedRequest {
  return takeAtOnce(decodeInSteps(body, signature, facts));
}

/** The same step by step. */
export function* decodeInSteps(body: Buffer, signature: Signature, facts: DecodeFacts): Steps<DecodedRequest> {
  const { jsonBytes, limits = DEFAULT_LIMITS, taken } = facts;
  if (jsonBytes === 0) return yield* decodeRawRequest(body, signature, limits);
  if (body.length === 0) throw badRequest('the body is empty; wanted a JSON object with "inputs"');
  const tail = jsonBytes === undefined ? undefined : new BinaryTail(body, jsonBytes);
  const reader = new JsonReader(jsonBytes === undefined ? body : body.subarray(0, jsonBytes), limits, taken);
  const members = new Members();
  let id: string | undefined;
  let inputs: Tensors | undefined;
  let requested: readonly RequestedOutput[] = [];
  let parameters: Parameters | undefined;
  for (let more = reader.openObject('the body'); more; more = reader.nextMember()) {
    if (isKey(reader, 'inputs')) {
      members.add('inputs');
      inputs = yield* readInputs(reader, { signature, tail, limits });
    } else if (isKey(reader, 'id')) {
      members.add('id');
      if (!reader.takeNull()) {
        reader.readString('"id"');
        id = reader.lastString();
      }
    } else if (isKey(reader, 'outputs')) {
      members.add('outputs');
      requested = yield* readOutputs(reader, signature, limits);
    } else if (isKey(reader, 'parameters')) {
      members.add('parameters');
      parameters = readParameters(reader, 'the request');
    } else {
      const rest = beginSkip(reader);
      if (rest) yield* rest;
    }
    if (stepEnds(reader)) yield;
  }
  reader.assertEnd();
  if (inputs === undefined) throw badRequest('the request has no "inputs"; wanted an array of tensors');
  for (const port of signature.inputs) if (!(port.name in inputs)) throw missingInput(port, signature);
  tail?.assertEnd();
  return {
    id,
    inputs,
    // An empty list asks for everything, as a missing one does.
    outputs: requested.length === 0 ? signature.outputs : requested.map(({ port }) => port),
    binary: binaryOf(requested, signature, parameters?.binaryDataOutput ?? false),
    deadlineMs: deadlineAfter(parameters?.timeoutMicroseconds),
    priority: priorityOf(parameters?.priority),
    echo: parameters?.echo ?? '',
  };
}

function binaryOf(
  requested: readonly RequestedOutput[],
  signature: Signature,
  fallback: boolean,
): readonly boolean[] | undefined {
  if (requested.length === 0) return fallback ? signature.outputs.map(() => true) : undefined;
  const binary = requested.map((output) => output.binary ?? fallback);
  return binary.includes(true) ? binary : undefined;
}
