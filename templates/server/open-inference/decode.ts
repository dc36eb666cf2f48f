import { NOT_A_NUMBER, readNumber } from '../json/number.ts';
import { JsonReader } from '../json/reader.ts';
import { badRequest, type RequestError } from '../request-error.ts';
import type { Port, Signature } from '../signature.ts';
import type { Tensor } from '../tensor.ts';
import { assertShape, type SymbolSizes } from './check-shape.ts';
import { readElements } from './read-elements.ts';

/** An inference request in the server's own terms. */
export interface InferenceRequest {
  readonly id: string | undefined;
  readonly inputs: Readonly<Record<string, Tensor>>;
  /** Outputs to answer with, in the order asked for. */
  readonly outputs: readonly Port[];
}

/** Most dimensions of a tensor: NumPy has no more, and no operator asks for more. */
const MAX_RANK = 64;

/** Largest size of a dimension that the runtime's binding takes. */
const MAX_SIZE = 2 ** 32 - 1;

/**
 * Reads an inference request of the Open Inference Protocol from JSON. `parameters` are accepted and have no effect.
 *
 * @throws RequestError 400 that says what was wanted and what was found
 */
export function decodeInferenceRequest(body: Buffer, signature: Signature): InferenceRequest {
  if (body.length === 0) throw badRequest('the body is empty; wanted a JSON object with "inputs"');
  const reader = new JsonReader(body);
  const members = new Members();
  let id: string | undefined;
  let inputs: Record<string, Tensor> | undefined;
  let outputs: readonly Port[] = signature.outputs;
  for (let more = reader.openObject('the body'); more; more = reader.nextMember()) {
    if (isKey(reader, 'inputs')) {
      members.add('inputs');
      inputs = readInputs(reader, signature);
    } else if (isKey(reader, 'id')) {
      members.add('id');
      reader.readString('"id"');
      id = reader.lastString();
    } else if (isKey(reader, 'outputs')) {
      members.add('outputs');
      outputs = readOutputs(reader, signature);
    } else reader.skipValue();
  }
  reader.assertEnd();
  if (inputs === undefined) throw badRequest('the request has no "inputs"; wanted an array of tensors');
  for (const port of signature.inputs) if (!Object.hasOwn(inputs, port.name)) throw missingInput(port, signature);
  return { id, inputs, outputs };
}

function readInputs(reader: JsonReader, signature: Signature): Record<string, Tensor> {
  const inputs: Record<string, Tensor> = Object.create(null);
  const sizes: SymbolSizes = new Array(signature.symbolCount);
  for (let more = reader.openArray('"inputs"'); more; more = reader.nextElement()) {
    const { port, tensor } = readInput(reader, signature, sizes);
    if (port.name in inputs) throw badRequest(`input "${port.name}" is there twice`);
    inputs[port.name] = tensor;
  }
  return inputs;
}

/** Members of one input, in whatever order they come. */
interface Draft {
  port: Port | undefined;
  datatype: boolean;
  dims: number[] | undefined;
  /** Byte at which the data begin, where they stand before what tells how to read them. */
  dataAt: number | undefined;
  tensor: Tensor | undefined;
}

function readInput(reader: JsonReader, signature: Signature, sizes: SymbolSizes): { port: Port; tensor: Tensor } {
  const draft: Draft = { port: undefined, datatype: false, dims: undefined, dataAt: undefined, tensor: undefined };
  const members = new Members();
  let foundDatatype = '';
  for (let more = reader.openObject('an entry of "inputs"'); more; more = reader.nextMember()) {
    if (isKey(reader, 'name')) {
      members.add('name');
      reader.readString('"name" of an input');
      draft.port = findInput(reader, signature);
    } else if (isKey(reader, 'shape')) {
      members.add('shape');
      draft.dims = readDims(reader);
    } else if (isKey(reader, 'datatype')) {
      members.add('datatype');
      reader.readString('"datatype" of an input');
      draft.datatype = true;
      foundDatatype = datatypeName(reader, draft.port);
    } else if (isKey(reader, 'data')) {
      members.add('data');
      reader.peek();
      if (draft.port && draft.datatype && draft.dims)
        draft.tensor = readTensor(reader, draft, { foundDatatype, sizes });
      else {
        draft.dataAt = reader.position;
        reader.skipValue();
      }
    } else reader.skipValue();
  }
  const { port } = draft;
  if (port === undefined) throw badRequest('an entry of "inputs" has no "name"');
  if (draft.tensor) return { port, tensor: draft.tensor };
  const after = reader.position;
  if (draft.dataAt === undefined) throw noData(port);
  reader.position = draft.dataAt;
  const tensor = readTensor(reader, draft, { foundDatatype, sizes });
  reader.position = after;
  return { port, tensor };
}

interface TensorContext {
  readonly foundDatatype: string;
  readonly sizes: SymbolSizes;
}

function readTensor(reader: JsonReader, draft: Draft, { foundDatatype, sizes }: TensorContext): Tensor {
  const { port, dims } = draft;
  if (port === undefined) throw badRequest('an entry of "inputs" has no "name"');
  const { datatype } = port;
  if (!draft.datatype) throw badRequest(`input "${port.name}" has no "datatype"; wanted ${datatype.name}`);
  if (foundDatatype !== datatype.name) {
    throw badRequest(`input "${port.name}": wanted datatype ${datatype.name}, found ${foundDatatype}`);
  }
  if (dims === undefined) throw badRequest(`input "${port.name}" has no "shape"`);
  assertShape(port, dims, sizes);
  const data = readElements(reader, { input: port.name, type: port.type }, dims);
  return { type: datatype.runtime, dims, data, location: 'cpu' };
}

function readDims(reader: JsonReader): number[] {
  const dims: number[] = [];
  for (let more = reader.openArray('"shape" of an input'); more; more = reader.nextElement()) {
    reader.peek();
    const start = reader.position;
    const size = readNumber(reader, false);
    if (size === NOT_A_NUMBER || !Number.isInteger(size) || size < 0 || size > MAX_SIZE) {
      reader.position = start;
      throw reader.mismatch('"shape" of an input', `sizes that are whole numbers from 0 to ${MAX_SIZE}`);
    }
    if (dims.length === MAX_RANK) throw badRequest(`"shape" of an input has more than ${MAX_RANK} dimensions`);
    dims.push(size);
  }
  return dims;
}

function readOutputs(reader: JsonReader, signature: Signature): readonly Port[] {
  const outputs: Port[] = [];
  for (let more = reader.openArray('"outputs"'); more; more = reader.nextElement()) {
    let port: Port | undefined;
    for (let member = reader.openObject('an entry of "outputs"'); member; member = reader.nextMember()) {
      if (isKey(reader, 'name')) {
        reader.readString('"name" of an output');
        port = findOutput(reader, signature);
      } else reader.skipValue();
    }
    if (port === undefined) throw badRequest('an entry of "outputs" has no "name"');
    if (outputs.includes(port)) throw badRequest(`output "${port.name}" is asked for twice`);
    outputs.push(port);
  }
  // An empty list asks for everything, as a missing one does.
  return outputs.length === 0 ? signature.outputs : outputs;
}

function findInput(reader: JsonReader, signature: Signature): Port {
  for (const port of signature.inputs) if (reader.lastIs(port.name)) return port;
  const name = reader.lastString();
  if (signature.constantInputs.some((port) => port.name === name)) {
    throw badRequest(`input "${name}" is a constant of this model that the runtime cannot be given anew; leave it out`);
  }
  throw badRequest(`unknown input "${name}"; this model wants ${names(signature.inputs)}`);
}

function findOutput(reader: JsonReader, signature: Signature): Port {
  for (const port of signature.outputs) if (reader.lastIs(port.name)) return port;
  throw badRequest(`unknown output "${reader.lastString()}"; this model has ${names(signature.outputs)}`);
}

/** The last string as a datatype, without decoding it where it is the one that the input has. */
function datatypeName(reader: JsonReader, port: Port | undefined): string {
  if (port === undefined) return reader.lastString();
  const { name } = port.datatype;
  return reader.lastIs(name) ? name : reader.lastString();
}

function missingInput(port: Port, signature: Signature): RequestError {
  return badRequest(`input "${port.name}" is missing; this model wants ${names(signature.inputs)}`);
}

function noData(port: Port): RequestError {
  return badRequest(
    `input "${port.name}" has no "data" in the JSON; the binary extension is not served (tritonclient: binary_data=False)`,
  );
}

function names(ports: readonly Port[]): string {
  if (ports.length === 0) return 'none';
  return ports.map((port) => `"${port.name}" (${port.datatype.name})`).join(', ');
}

/** Refuses a member that comes twice: parsers differ on which of the two counts. */
class Members {
  #seen = 0;

  add(key: Key): void {
    const bit = 1 << KEYS.indexOf(key);
    if (this.#seen & bit) throw badRequest(`bad JSON: the member "${key}" is there twice in one object`);
    this.#seen |= bit;
  }
}

const KEYS = ['inputs', 'outputs', 'id', 'name', 'shape', 'datatype', 'data'] as const;
type Key = (typeof KEYS)[number];

function isKey(reader: JsonReader, key: Key): boolean {
  return reader.lastIs(key);
}
