import type { CaseTensor, Datatype } from '../../../../schemas/case.ts';
import type { Tensors } from '../../../verify/rows.ts';
import { assertElements, type Element, isDatatype, isShape, RAW, wide } from './elements.ts';
import { bytesField, readFields, readVarints, varint } from './protobuf.ts';

/** How tensors travel over gRPC: as raw bytes behind all inputs, as Triton's clients send them, or each in a field of its type. */
export type Contents = 'raw' | 'typed';

/** Fields of `ModelInferRequest`, `ModelInferResponse` and their tensors, by the protocol's own file. */
const REQUEST = { model: 1, input: 5, raw: 7 } as const;
const RESPONSE = { output: 5, raw: 6 } as const;
const TENSOR = { name: 1, datatype: 2, shape: 3, contents: 5 } as const;

/** A `ModelInferRequest`. Types that have no field of their own can only go raw. */
export function encodeInfer(
  inputs: Tensors,
  { model, contents }: { readonly model: string; readonly contents: Contents },
): Buffer {
  const head = bytesField(REQUEST.model, model);
  if (contents === 'typed')
    return Buffer.concat([head, ...inputs.map((input) => bytesField(REQUEST.input, tensorOf(input, contents)))]);
  return Buffer.concat([
    head,
    ...inputs.map((input) => bytesField(REQUEST.input, tensorOf(input, contents))),
    ...inputs.map(({ datatype, data }) => bytesField(REQUEST.raw, RAW[datatype].write(data))),
  ]);
}

export function hasTypedContents(inputs: Tensors): boolean {
  return inputs.every(({ datatype }) => TYPED[datatype] !== undefined);
}

function tensorOf({ name, datatype, shape, data }: CaseTensor, contents: Contents): Buffer {
  return Buffer.concat([
    bytesField(TENSOR.name, name),
    bytesField(TENSOR.datatype, datatype),
    bytesField(TENSOR.shape, Buffer.concat(shape.map(varint))),
    ...(contents === 'typed' ? [bytesField(TENSOR.contents, (TYPED[datatype] as Typed).write(data))] : []),
  ]);
}

/** The outputs of a `ModelInferResponse`. Throws an Error that says why it is none. */
export function decodeInfer(message: Buffer): Tensors {
  const fields = readFields(message);
  const spans = (number: number) =>
    fields.filter((field) => field.number === number).map(({ value }) => asBytes(value));
  const raws = spans(RESPONSE.raw);
  const outputs = spans(RESPONSE.output);
  if (outputs.length === 0) throw new Error('it has no outputs');
  if (raws.length > 0 && raws.length !== outputs.length)
    throw new Error(`it has ${outputs.length} outputs and raw contents of ${raws.length}`);
  return outputs.map((output, at) => {
    const read = readOutput(output, raws[at]);
    assertElements(read);
    return read;
  });
}

function readOutput(bytes: Buffer, raw: Buffer | undefined): CaseTensor {
  const fields = readFields(bytes);
  const last = (number: number) => fields.findLast((field) => field.number === number)?.value;
  const [name, datatype] = [TENSOR.name, TENSOR.datatype].map((number) => asBytes(last(number) ?? NOTHING).toString());
  // Packed, as proto3 writes it, or one by one, as its readers must also take it.
  const shape = fields
    .filter(({ number }) => number === TENSOR.shape)
    .flatMap(({ value }) => (typeof value === 'bigint' ? [value] : readVarints(value)))
    .map((size) => Number(BigInt.asIntN(64, size)));
  if (!name || !isDatatype(datatype) || !isShape(shape))
    throw new Error('an output has no name, known datatype or shape');
  if (raw) return { name, datatype, shape, data: RAW[datatype].read(raw) };
  const typed = TYPED[datatype];
  if (typed === undefined) throw new Error(`${name} is ${datatype}, and has no raw contents`);
  return { name, datatype, shape, data: typed.read(asBytes(last(TENSOR.contents) ?? NOTHING)) };
}

const NOTHING = Buffer.alloc(0);

function asBytes(value: bigint | Buffer): Buffer {
  if (typeof value === 'bigint') throw new Error('a number stands where bytes belong');
  return value;
}

interface Typed {
  readonly write: (data: CaseTensor['data']) => Buffer;
  readonly read: (contents: Buffer) => CaseTensor['data'];
}

/** A packed list of integers in one field of `InferTensorContents`. */
function integers(number: number, settle: (value: bigint) => Element): Typed {
  return {
    write: (data) => bytesField(number, Buffer.concat(data.map((value) => varint(BigInt(value))))),
    read: (contents) =>
      readFields(contents)
        .filter((field) => field.number === number)
        .flatMap(({ value }) => (typeof value === 'bigint' ? [value] : readVarints(value)))
        .map(settle),
  };
}

/** A packed list of floats, whose bytes are those of raw contents. */
function floats(number: number, datatype: 'FP32' | 'FP64'): Typed {
  return {
    write: (data) => bytesField(number, RAW[datatype].write(data)),
    read: (contents) =>
      readFields(contents)
        .filter((field) => field.number === number)
        .flatMap(({ value }) => RAW[datatype].read(asBytes(value))),
  };
}

const texts: Typed = {
  write: (data) => Buffer.concat(data.map((value) => bytesField(8, String(value)))),
  read: (contents) =>
    readFields(contents)
      .filter(({ number }) => number === 8)
      .map(({ value }) => asBytes(value).toString()),
};

const narrow = integers(2, (value) => Number(BigInt.asIntN(32, value)));
const narrowUnsigned = integers(4, Number);

/** By type; FP16 has none. */
const TYPED: Readonly<Partial<Record<Datatype, Typed>>> = {
  BOOL: integers(1, (value) => value !== 0n),
  INT8: narrow,
  INT16: narrow,
  INT32: narrow,
  INT64: integers(3, (value) => wide(BigInt.asIntN(64, value))),
  UINT8: narrowUnsigned,
  UINT16: narrowUnsigned,
  UINT32: narrowUnsigned,
  UINT64: integers(5, wide),
  FP32: floats(6, 'FP32'),
  FP64: floats(7, 'FP64'),
  BYTES: texts,
};
