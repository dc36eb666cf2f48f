import { NOT_A_NUMBER, readNumber } from '../json/number.ts';
import type { JsonReader } from '../json/reader.ts';
import type { RequestLimits } from '../limits.ts';
import { badRequest, type RequestError } from '../request-error.ts';
import type { Port, Signature } from '../signature.ts';
import { noTensors, type Tensor } from '../tensor.ts';
import type { BinaryTail } from './binary-tail.ts';
import { assertShape, type SymbolSizes } from './check-shape.ts';
import { isKey, Members } from './members.ts';
import { readParameters } from './parameters.ts';
import { readRawElements } from './raw-elements.ts';
import { readElements } from './read-elements.ts';

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
export function readInputs(reader: JsonReader, facts: InputFacts): Record<string, Tensor> {
  const inputs = noTensors();
  const sizes: SymbolSizes = new Array(facts.signature.symbolCount);
  let count = 0;
  for (let more = reader.openArray('"inputs"'); more; more = reader.nextElement()) {
    if (count++ === facts.limits.tensors) throw badRequest(`"inputs" has more than ${facts.limits.tensors} entries`);
    const { port, tensor } = readInput(reader, facts, sizes);
    if (port.name in inputs) throw badRequest(`input "${port.name}" is there twice`);
    inputs[port.name] = tensor;
  }
  return inputs;
}

/** Members of one input, in whatever order they come. */
interface Draft {
  port: Port | undefined;
  datatype: string | undefined;
  dims: number[] | undefined;
  /** Byte at which the data begin, where they stand before what tells how to read them. */
  dataAt: number | undefined;
  /** Size of the data in the binary tail. */
  binaryBytes: number | undefined;
  tensor: Tensor | undefined;
}

function readInput(reader: JsonReader, facts: InputFacts, sizes: SymbolSizes): { port: Port; tensor: Tensor } {
  const draft: Draft = {
    port: undefined,
    datatype: undefined,
    dims: undefined,
    dataAt: undefined,
    binaryBytes: undefined,
    tensor: undefined,
  };
  const members = new Members();
  for (let more = reader.openObject('an entry of "inputs"'); more; more = reader.nextMember()) {
    if (isKey(reader, 'name')) {
      members.add('name');
      reader.readString('"name" of an input');
      draft.port = lastAsInput(reader, facts.signature);
    } else if (isKey(reader, 'shape')) {
      members.add('shape');
      draft.dims = readDims(reader, draft.port);
    } else if (isKey(reader, 'datatype')) {
      members.add('datatype');
      reader.readString('"datatype" of an input');
      draft.datatype = datatypeName(reader, draft.port);
    } else if (isKey(reader, 'data')) {
      members.add('data');
      reader.peek();
      if (draft.port && draft.datatype !== undefined && draft.dims) draft.tensor = readTensor(reader, draft, sizes);
      else {
        draft.dataAt = reader.position;
        reader.skipValue();
      }
    } else if (isKey(reader, 'parameters')) {
      members.add('parameters');
      const what = draft.port ? `input "${draft.port.name}"` : 'an input';
      draft.binaryBytes = readParameters(reader, what).binaryDataSize;
    } else reader.skipValue();
  }
  return finish(reader, draft, { facts, sizes });
}

/** The data that are still to be read once the whole entry is known. */
function finish(
  reader: JsonReader,
  draft: Draft,
  { facts, sizes }: { facts: InputFacts; sizes: SymbolSizes },
): { port: Port; tensor: Tensor } {
  const { port, binaryBytes } = draft;
  if (port === undefined) throw badRequest('an entry of "inputs" has no "name"');
  if (binaryBytes !== undefined) {
    if (draft.tensor || draft.dataAt !== undefined) {
      throw badRequest(`input "${port.name}" has "data" as well as binary_data_size; wanted one of them`);
    }
    return { port, tensor: takeTensor(draft, binaryBytes, { facts, sizes }) };
  }
  if (draft.tensor) return { port, tensor: draft.tensor };
  if (draft.dataAt === undefined) throw badRequest(`input "${port.name}" has no "data" and no binary_data_size`);
  const after = reader.position;
  reader.position = draft.dataAt;
  const tensor = readTensor(reader, draft, sizes);
  reader.position = after;
  return { port, tensor };
}

function readTensor(reader: JsonReader, draft: Draft, sizes: SymbolSizes): Tensor {
  const { port, dims } = assertTensor(draft, sizes);
  const data = readElements(reader, { input: port.name, type: port.type }, dims);
  return { type: port.datatype.runtime, dims, data, location: 'cpu' };
}

function takeTensor(draft: Draft, bytes: number, { facts, sizes }: { facts: InputFacts; sizes: SymbolSizes }): Tensor {
  const { port, dims } = assertTensor(draft, sizes);
  if (facts.tail === undefined) {
    throw badRequest(`input "${port.name}" has binary_data_size; wanted the header Inference-Header-Content-Length`);
  }
  const data = readRawElements(facts.tail.take(bytes, port.name), port, {
    dims,
    stringBytes: facts.limits.stringBytes,
  });
  return { type: port.datatype.runtime, dims, data, location: 'cpu' };
}

function assertTensor({ port, datatype, dims }: Draft, sizes: SymbolSizes): { port: Port; dims: number[] } {
  if (port === undefined) throw badRequest('an entry of "inputs" has no "name"');
  if (datatype === undefined) throw badRequest(`input "${port.name}" has no "datatype"; wanted ${port.datatype.name}`);
  assertDatatype(port, datatype);
  if (dims === undefined) throw badRequest(`input "${port.name}" has no "shape"`);
  assertShape(port, dims, sizes);
  return { port, dims };
}

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
