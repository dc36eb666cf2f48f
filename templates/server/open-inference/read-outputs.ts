import type { JsonReader } from '../json/reader.ts';
import { beginSkip } from '../json/skip-value.ts';
import type { RequestLimits } from '../limits.ts';
import { stepEnds } from '../reading-steps.ts';
import { badRequest } from '../request-error.ts';
import type { Port, Signature } from '../signature.ts';
import type { Steps } from '../take-in-turns.ts';
import { isKey, Members } from './members.ts';
import { readParameters } from './parameters.ts';
import { describePorts } from './read-inputs.ts';

export interface RequestedOutput {
  readonly port: Port;
  /** Whether in binary form; `undefined` where the request's own setting holds. */
  readonly binary: boolean | undefined;
}

/** Reads the outputs that a request asks for. */
export function* readOutputs(
  reader: JsonReader,
  signature: Signature,
  limits: RequestLimits,
): Steps<readonly RequestedOutput[]> {
  const outputs: RequestedOutput[] = [];
  if (reader.takeNull()) return outputs;
  for (let more = reader.openArray('"outputs"'); more; more = reader.nextElement()) {
    if (outputs.length === limits.tensors) throw badRequest(`"outputs" has more than ${limits.tensors} entries`);
    const output = yield* readOutput(reader, signature);
    if (outputs.some(({ port }) => port === output.port)) {
      throw badRequest(`output "${output.port.name}" is asked for twice`);
    }
    outputs.push(output);
  }
  return outputs;
}

function* readOutput(reader: JsonReader, signature: Signature): Steps<RequestedOutput> {
  let port: Port | undefined;
  let binary: boolean | undefined;
  const members = new Members();
  for (let member = reader.openObject('an entry of "outputs"'); member; member = reader.nextMember()) {
    if (isKey(reader, 'name')) {
      members.add('name');
      reader.readString('"name" of an output');
      port = findOutput(reader.lastString(), signature);
    } else if (isKey(reader, 'parameters')) {
      members.add('parameters');
      binary = readParameters(reader, port ? `output "${port.name}"` : 'an output').binaryData;
    } else {
      const rest = beginSkip(reader);
      if (rest) yield* rest;
    }
    if (stepEnds(reader)) yield;
  }
  if (port === undefined) throw badRequest('an entry of "outputs" has no "name"');
  return { port, binary };
}

/** @throws RequestError 400 that says which outputs there are */
export function findOutput(name: string, { outputs }: Signature): Port {
  const port = outputs.find((output) => output.name === name);
  if (port) return port;
  throw badRequest(`unknown output "${name}"; this model has ${describePorts(outputs)}`);
}
