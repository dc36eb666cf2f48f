import { NOT_A_NUMBER, readNumber } from '../json/number.ts';
import type { JsonReader } from '../json/reader.ts';
import { beginSkip } from '../json/skip-value.ts';
import { keepShape } from '../keep-shape.ts';
import type { RequestLimits } from '../limits.ts';
import { stepEnds } from '../reading-steps.ts';
import { badRequest, type RequestError } from '../request-error.ts';
import type { Port, Signature } from '../signature.ts';
import type { Steps } from '../take-in-turns.ts';
import { noTensors, type Tensor } from '../tensor.ts';
import type { BinaryTail } from './binary-tail.ts';
import { assertShape, type SymbolSizes } from './check-shape.ts';
import { isKey, Members } from './members.ts';
import { readParameters } from './parameters.ts';
import { readRawElements } from './raw-elements.ts';
import { type Filling, readElements } from './read-elements.ts';

/** Most dimensions of a tensor: NumPy has no more, and no operator asks for more. */
export const MAX_RANK = 64;

/** Largest size of a dimension that the runtime's binding takes. */
export const MAX_SIZE = 2 ** 32 - 1;

export interface InputFacts {
  readonly signature: Signature;
  /** Binary tensors after the JSON, where the request has any. */
  readonly tail: BinaryTail | undefined;
  readonly limits: RequestLimits;
}

/** Reads the inputs of a request, held to the signature. */
export function* readInputs(reader: JsonReader, facts: InputFacts): Steps<Record<string, Tensor>> {
  const inputs = noTensors();
  const sizes: SymbolSizes = new Array(facts.signature.symbolCount);
  let count = 0;
  for (let more = reader.openArray('"inputs"'); more; more = reader.nextElement()) {
    if (count++ === facts.limits.tensors) throw badRequest(`"inputs" has more than ${facts.limits.tensors} entries`);
    const draft = new Draft(facts, sizes);
    for (let member = reader.openObject('an entry of "inputs"'); member; member = reader.nextMember()) {
      const rest = draft.readMember(reader);
      if (rest) yield* rest;
      if (stepEnds(reader)) yield;
    }
    const after = reader.position;
    const rest = draft.finish(reader);
    if (rest) {
      yield* rest;
      yield;
    }
    reader.position = after;
    const { port, tensor } = draft as { readonly port: Port; readonly tensor: Tensor };
    if (port.name in inputs) throw badRequest(`input "${port.name}" is there twice`);
    inputs[port.name] = tensor;
  }
  return inputs;
}

/** An input whose members come in whatever order. */
class Draft {
  readonly #facts: InputFacts;
  readonly #sizes: SymbolSizes;
  readonly #members = new Members();
  port: Port | undefined;
  tensor: Tensor | undefined;
  #datatype: string | undefined;
  #dims: number[] | undefined;
  /** Byte at which the data begin, where they stand before what tells how to read them. */
  #dataAt: number | undefined;
  /** Size of the data in the binary tail. */
  #binaryBytes: number | undefined;

  constructor(facts: InputFacts, sizes: SymbolSizes) {
    this.#facts = facts;
    this.#sizes = sizes;
  }

  /** Reads the member at which the reader stands, or begins to: gives what is left of it. */
  readMember(reader: JsonReader): Steps<void> | undefined {
    const { port } = this;
    if (isKey(reader, 'name')) {
      this.#members.add('name');
      reader.readString('"name" of an input');
      this.port = lastAsInput(reader, this.#facts.signature);
    } else if (isKey(reader, 'shape')) {
      this.#members.add('shape');
      this.#dims = readDims(reader, port);
    } else if (isKey(reader, 'datatype')) {
      this.#members.add('datatype');
      reader.readString('"datatype" of an input');
      this.#datatype = datatypeName(reader, port);
    } else if (isKey(reader, 'data')) {
      this.#members.add('data');
      reader.peek();
      if (port && this.#datatype !== undefined && this.#dims) return this.#readTensor(reader);
      this.#dataAt = reader.position;
      return beginSkip(reader);
    } else if (isKey(reader, 'parameters')) {
      this.#members.add('parameters');
      this.#binaryBytes = readParameters(reader, port ? `input "${port.name}"` : 'an input').binaryDataSize;
    } else return beginSkip(reader);
    return undefined;
  }

  /** Reads the data that are still to be read once the whole entry is known, or begins to: gives what is left of them. */
  finish(reader: JsonReader): Steps<void> | undefined {
    const { port, tensor } = this;
    const hasData = tensor !== undefined || this.#dataAt !== undefined;
    if (port === undefined) throw badRequest('an entry of "inputs" has no "name"');
    if (this.#binaryBytes !== undefined) {
      if (!hasData) return this.#takeTensor(this.#binaryBytes);
      throw badRequest(`input "${port.name}" has "data" as well as binary_data_size; wanted one of them`);
    }
    if (!hasData) throw badRequest(`input "${port.name}" has no "data" and no binary_data_size`);
    if (this.#dataAt === undefined) return undefined;
    reader.position = this.#dataAt;
    return this.#readTensor(reader);
  }

  #readTensor(reader: JsonReader): Steps<void> | undefined {
    const { port, dims } = this.#assertTensor();
    return this.#fill(port, dims, readElements(reader, port, dims));
  }

  #takeTensor(bytes: number): Steps<void> | undefined {
    const { port, dims } = this.#assertTensor();
    const { tail, limits } = this.#facts;
    if (tail === undefined) {
      throw badRequest(`input "${port.name}" has binary_data_size; wanted the header Inference-Header-Content-Length`);
    }
    const { stringBytes } = limits;
    return this.#fill(port, dims, readRawElements(tail.take(bytes, port.name), port, { dims, stringBytes }));
  }

  #fill({ datatype }: Port, dims: readonly number[], { data, rest }: Filling): Steps<void> | undefined {
    this.tensor = { type: datatype.runtime, dims, data, location: 'cpu' };
    return rest;
  }

  #assertTensor(): { port: Port; dims: number[] } {
    const port = this.port as Port;
    if (this.#datatype === undefined) {
      throw badRequest(`input "${port.name}" has no "datatype"; wanted ${port.datatype.name}`);
    }
    assertDatatype(port, this.#datatype);
    if (this.#dims === undefined) throw badRequest(`input "${port.name}" has no "shape"`);
    assertShape(port, this.#dims, this.#sizes);
    return { port, dims: this.#dims };
  }
}

keepShape(new Draft({} as InputFacts, []));

/** @throws RequestError 400 that names both */
export function assertDatatype(port: Port, found: string): void {
  if (found === port.datatype.name) return;
  throw badRequest(`input "${port.name}": wanted datatype ${port.datatype.name}, found ${found}`);
}

/** Reads the `shape` of an input; which one, where that is known, is for messages. */
export function readDims(reader: JsonReader, port?: Port): number[] {
  const what = (): string => (port === undefined ? '"shape" of an input' : `"shape" of input "${port.name}"`);
  const dims: number[] = [];
  for (let more = reader.openArray('"shape" of an input'); more; more = reader.nextElement()) {
    reader.peek();
    const start = reader.position;
    const size = readNumber(reader, false);
    if (size === NOT_A_NUMBER || !Number.isInteger(size) || size < 0 || size > MAX_SIZE) {
      reader.position = start;
      throw reader.mismatch(what(), `sizes that are whole numbers from 0 to ${MAX_SIZE}`);
    }
    if (dims.length === MAX_RANK) throw badRequest(`${what()} has more than ${MAX_RANK} dimensions`);
    dims.push(size);
  }
  return dims;
}

/** The last string as an input, compared where it lies. */
export function lastAsInput(reader: JsonReader, signature: Signature): Port {
  for (const port of signature.inputs) if (reader.lastIs(port.name)) return port;
  return findInput(reader.lastString(), signature);
}

/** @throws RequestError 400 that says which inputs there are */
export function findInput(name: string, signature: Signature): Port {
  const port = signature.inputs.find((input) => input.name === name);
  if (port) return port;
  if (signature.constantInputs.some((input) => input.name === name)) {
    throw badRequest(`input "${name}" is a constant of this model that the runtime cannot be given anew; leave it out`);
  }
  throw badRequest(`unknown input "${name}"; this model wants ${describePorts(signature.inputs)}`);
}

/** The last string as a datatype, without decoding it where it is the one that the input has. */
function datatypeName(reader: JsonReader, port: Port | undefined): string {
  if (port === undefined) return reader.lastString();
  const { name } = port.datatype;
  return reader.lastIs(name) ? name : reader.lastString();
}

export function missingInput(port: Port, signature: Signature): RequestError {
  return badRequest(`input "${port.name}" is missing; this model wants ${describePorts(signature.inputs)}`);
}

/** Inputs or outputs for messages. */
export function describePorts(ports: readonly Port[]): string {
  if (ports.length === 0) return 'none';
  return ports.map((port) => `"${port.name}" (${port.datatype.name})`).join(', ');
}
