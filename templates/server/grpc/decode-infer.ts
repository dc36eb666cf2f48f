import type { RequestLimits } from '../limits.ts';
import { assertShape, type SymbolSizes } from '../open-inference/check-shape.ts';
import { readRawElements } from '../open-inference/raw-elements.ts';
import type { Filling } from '../open-inference/read-elements.ts';
import { assertDatatype, findInput, MAX_RANK, MAX_SIZE, missingInput } from '../open-inference/read-inputs.ts';
import { findOutput } from '../open-inference/read-outputs.ts';
import { deadlineAfter, priorityOf } from '../open-inference/urgency.ts';
import { badRequest, RequestError } from '../request-error.ts';
import type { Port, Signature } from '../signature.ts';
import { type Steps, takeAtOnce } from '../take-in-turns.ts';
import { noTensors, type Tensors } from '../tensor.ts';
import { GrpcParameters } from './grpc-parameters.ts';
import { readTypedContents } from './typed-contents.ts';
import { WIRE, WireReader } from './wire-reader.ts';

/** A `ModelInferRequest` in the server's own terms. */
export interface GrpcRequest {
  readonly id: string;
  readonly inputs: Tensors;
  readonly outputs: readonly Port[];
  /** Whether the answer's contents are raw, as the request's were. */
  readonly raw: boolean;
  readonly deadlineMs: number | undefined;
  readonly priority: number;
  /** Parameters that go back with the answer, as they came. */
  readonly echo: readonly Buffer[];
}

/** An input before its contents are read: they may come last. */
interface Draft {
  name: string;
  datatype: string;
  dims: number[];
  contents: WireReader | undefined;
}

/** Fields of a request for each tensor that it may have, at the most: what it is made of is read in one go, all but the contents. */
const MOST_FIELDS_EACH = 32;

/**
 * Reads a `ModelInferRequest` of the Open Inference Protocol.
 *
 * @throws RequestError 400 that says what was wanted and what was found, 404 for another model
 */
export function decodeInfer(message: Buffer, signature: Signature, limits: RequestLimits): GrpcRequest {
  return takeAtOnce(decodeInferInSteps(message, signature, limits));
}

/** The same step by step. */
export function* decodeInferInSteps(message: Buffer, signature: Signature, limits: RequestLimits): Steps<GrpcRequest> {
  const reader = new WireReader(message);
  const parameters = new GrpcParameters('the request', limits);
  const drafts: Draft[] = [];
  const raws: Buffer[] = [];
  const outputs: Port[] = [];
  let modelName = '';
  let modelVersion = '';
  let id = '';
  for (let field = reader.nextField(); field !== 0; field = reader.nextField()) {
    if (field === 1) modelName = reader.text('model_name', limits.stringBytes);
    else if (field === 2) modelVersion = reader.text('model_version', limits.stringBytes);
    else if (field === 3) id = reader.text('id', limits.stringBytes);
    else if (field === 4) parameters.add(reader.span('parameters'));
    else if (field === 5) drafts.push(readDraft(reader, limits));
    else if (field === 6) addOutput(outputs, readOutput(reader, signature, limits));
    else if (field === 7) raws.push(reader.span('raw_input_contents'));
    else reader.skip();
    if (drafts.length > limits.tensors || raws.length > limits.tensors) {
      throw badRequest(`the request has more than ${limits.tensors} inputs`);
    }
    assertFew(reader, limits);
  }
  assertModel(signature, modelName, modelVersion);
  return {
    id,
    inputs: yield* readTensors(drafts, raws, { signature, limits }),
    outputs: outputs.length === 0 ? signature.outputs : outputs,
    // Without a sign of the other, raw: it carries every type.
    raw: raws.length > 0 || drafts.every((draft) => draft.contents === undefined),
    deadlineMs: deadlineAfter(parameters.timeoutMicroseconds),
    priority: priorityOf(parameters.priority),
    echo: parameters.echo,
  };
}

/** The id of a request that is refused, as far as it can be told: empty where it stands behind what cannot be read. */
export function readId(message: Buffer, limits: RequestLimits): string {
  const reader = new WireReader(message);
  let id = '';
  try {
    for (let field = reader.nextField(); field !== 0; field = reader.nextField()) {
      if (field === 3) id = reader.text('id', limits.stringBytes);
      else reader.skip();
      assertFew(reader, limits);
    }
  } catch (error) {
    // The refusal has said it already.
    if (!(error instanceof RequestError)) throw error;
  }
  return id;
}

/** Fields of the messages within count, too. */
function assertFew({ fields }: WireReader, { tensors }: RequestLimits): void {
  const most = MOST_FIELDS_EACH * tensors;
  if (fields > most) throw badRequest(`the request has more than ${most} fields`);
}

/** @throws RequestError 404 that says what there is */
export function assertModel(signature: Signature, name: string, version: string): void {
  if (name !== signature.name) {
    throw new RequestError(404, `unknown model "${name}"; served: "${signature.name}"`);
  }
  if (version !== '' && version !== signature.version) {
    throw new RequestError(404, `unknown version "${version}" of model "${name}"; served: "${signature.version}"`);
  }
}

function readDraft(outer: WireReader, limits: RequestLimits): Draft {
  const reader = outer.message('an input');
  const draft: Draft = { name: '', datatype: '', dims: [], contents: undefined };
  for (let field = reader.nextField(); field !== 0; field = reader.nextField()) {
    if (field === 1) draft.name = reader.text('"name" of an input', limits.stringBytes);
    else if (field === 2) draft.datatype = reader.text('"datatype" of an input', limits.stringBytes);
    else if (field === 3) readDims(reader, draft);
    else if (field === 4) new GrpcParameters(`input "${draft.name}"`, limits).add(reader.span('parameters'));
    else if (field === 5) {
      if (draft.contents) throw badRequest(`input "${draft.name}" has "contents" twice`);
      draft.contents = reader.message('contents');
    } else reader.skip();
    assertFew(reader, limits);
  }
  outer.fields += reader.fields;
  return draft;
}

/** Sizes of a shape, packed or one by one. */
function readDims(reader: WireReader, { name, dims }: Draft): void {
  // The name is there already, but for messages that are written backwards.
  const what = (): string => (name === '' ? '"shape" of an input' : `"shape" of input "${name}"`);
  const end = reader.wireType === WIRE.varint ? reader.position + 1 : reader.enter('"shape" of an input');
  while (reader.position < end) {
    reader.varint();
    const size = reader.signed();
    if (size < 0 || size > MAX_SIZE) {
      throw badRequest(`${what()}: wanted sizes that are whole numbers from 0 to ${MAX_SIZE}, found ${size}`);
    }
    if (dims.length === MAX_RANK) throw badRequest(`${what()} has more than ${MAX_RANK} dimensions`);
    dims.push(size);
  }
  if (reader.wireType === WIRE.bytes && reader.position !== end) throw reader.malformed('the end of "shape"');
}

function readOutput(outer: WireReader, signature: Signature, limits: RequestLimits): Port {
  const reader = outer.message('an output');
  let name = '';
  for (let field = reader.nextField(); field !== 0; field = reader.nextField()) {
    if (field === 1) name = reader.text('"name" of an output', limits.stringBytes);
    else if (field === 2) new GrpcParameters(`output "${name}"`, limits).add(reader.span('parameters'));
    else reader.skip();
    assertFew(reader, limits);
  }
  outer.fields += reader.fields;
  return findOutput(name, signature);
}

function addOutput(outputs: Port[], port: Port): void {
  if (outputs.includes(port)) throw badRequest(`output "${port.name}" is asked for twice`);
  outputs.push(port);
}

interface TensorFacts {
  readonly signature: Signature;
  readonly limits: RequestLimits;
}

function* readTensors(drafts: readonly Draft[], raws: readonly Buffer[], facts: TensorFacts): Steps<Tensors> {
  if (raws.length > 0 && raws.length !== drafts.length) {
    throw badRequest(`raw_input_contents has ${raws.length} entries for ${drafts.length} inputs; wanted one for each`);
  }
  const { signature } = facts;
  const inputs = noTensors();
  const sizes: SymbolSizes = new Array(signature.symbolCount);
  for (const [index, draft] of drafts.entries()) {
    const port = findInput(draft.name, signature);
    if (port.name in inputs) throw badRequest(`input "${port.name}" is there twice`);
    if (draft.datatype === '') throw badRequest(`input "${port.name}" has no "datatype"; wanted ${port.datatype.name}`);
    assertDatatype(port, draft.datatype);
    assertShape(port, draft.dims, sizes);
    const { data, rest } = readContents(draft, raws[index], { port, limits: facts.limits });
    if (rest) {
      yield* rest;
      yield;
    }
    inputs[port.name] = { type: port.datatype.runtime, dims: draft.dims, data, location: 'cpu' };
  }
  for (const port of signature.inputs) if (!(port.name in inputs)) throw missingInput(port, signature);
  return inputs;
}

function readContents(
  { dims, contents }: Draft,
  raw: Buffer | undefined,
  { port, limits }: { port: Port; limits: RequestLimits },
): Filling {
  const { stringBytes } = limits;
  if (raw === undefined) return readTypedContents(contents, port, { dims, stringBytes });
  if (contents !== undefined) {
    throw badRequest(`input "${port.name}" has "contents" as well as raw_input_contents; wanted one of them`);
  }
  return readRawElements(raw, port, { dims, stringBytes });
}
