import assert from 'node:assert/strict';
import protobuf from 'protobufjs';
import type { CaseTensor } from '../../../../schemas/case.ts';
import { RAW } from '../../../../src/recipes/verify/wire/elements.ts';
import { decodeInfer, encodeInfer, hasTypedContents } from '../../../../src/recipes/verify/wire/grpc.ts';
import { bytesField, readFields } from '../../../../src/recipes/verify/wire/protobuf.ts';
import { INFERENCE_PROTO } from '../../../../templates/server/grpc/inference-proto.ts';
import { TENSORS } from './tensors.ts';

/** The protocol's own messages, read and written by another's code. */
const { root } = protobuf.parse(INFERENCE_PROTO, { keepCase: true });
const request = root.lookupType('inference.ModelInferRequest');
const response = root.lookupType('inference.ModelInferResponse');

const TYPED_TENSORS = TENSORS.filter(({ datatype }) => datatype !== 'FP16');
const FIELD: Readonly<Partial<Record<CaseTensor['datatype'], string>>> = {
  BOOL: 'bool_contents',
  INT8: 'int_contents',
  UINT16: 'uint_contents',
  INT64: 'int64_contents',
  UINT64: 'uint64_contents',
  FP32: 'fp32_contents',
  FP64: 'fp64_contents',
  BYTES: 'bytes_contents',
};
const contentsOf = ({ datatype, data }: CaseTensor) => ({
  [FIELD[datatype] ?? '']: datatype === 'BYTES' ? data.map((text) => Buffer.from(String(text))) : data,
});
const headOf = ({ name, datatype, shape }: CaseTensor) => ({ name, datatype, shape });
const written = (message: object) => Buffer.from(response.encode(response.fromObject(message)).finish());
const readRequest = (bytes: Buffer) =>
  request.toObject(request.decode(bytes), { longs: String, arrays: true }) as {
    readonly model_name: string;
    readonly inputs: readonly { readonly shape: string[]; readonly contents?: Record<string, unknown[]> }[];
    readonly raw_input_contents: readonly Buffer[];
  };

describe('Tensors over gRPC', () => {
  it('are requested with raw contents', () => {
    const read = readRequest(encodeInfer(TENSORS, { model: 'm', contents: 'raw' }));
    assert.equal(read.model_name, 'm');
    assert.deepEqual(
      read.inputs.map(({ shape }) => shape.map(Number)),
      TENSORS.map(({ shape }) => shape),
    );
    assert.deepEqual(
      read.raw_input_contents.map((bytes, at) => RAW[(TENSORS[at] as CaseTensor).datatype].read(Buffer.from(bytes))),
      TENSORS.map(({ data }) => data),
    );
  });

  it('are requested in fields of their types', () => {
    const read = readRequest(encodeInfer(TYPED_TENSORS, { model: 'm', contents: 'typed' }));
    for (const [at, { datatype, data }] of TYPED_TENSORS.entries()) {
      const found = read.inputs[at]?.contents?.[FIELD[datatype] ?? ''] ?? [];
      assert.deepEqual(
        found.map((value) => (value instanceof Uint8Array ? Buffer.from(value).toString() : String(value))),
        data.map((value) => String(value)),
        datatype,
      );
    }
    assert.deepEqual(read.raw_input_contents, []);
  });

  it('are known to have such fields or not', () => {
    assert.equal(hasTypedContents(TYPED_TENSORS), true);
    assert.equal(hasTypedContents(TENSORS), false);
  });

  it('are answered with raw contents', () => {
    const message = {
      outputs: TENSORS.map(headOf),
      raw_output_contents: TENSORS.map((one) => RAW[one.datatype].write(one.data)),
    };
    assert.deepEqual(decodeInfer(written(message)), TENSORS);
  });

  it('are answered in fields of their types', () => {
    const outputs = TYPED_TENSORS.map((one) => ({ ...headOf(one), contents: contentsOf(one) }));
    assert.deepEqual(decodeInfer(written({ outputs })), TYPED_TENSORS);
  });

  it('are read from fields that stand one by one', () => {
    const unpacked = Buffer.concat([
      bytesField(1, 'y'),
      bytesField(2, 'INT64'),
      Buffer.from([0x18, 2]),
      bytesField(5, Buffer.from([0x18, 7, 0x18, 8])),
    ]);
    assert.deepEqual(decodeInfer(bytesField(5, unpacked)), [
      { name: 'y', datatype: 'INT64', shape: [2], data: [7, 8] },
    ]);
  });

  const refused: readonly [string, Buffer, RegExp][] = [
    ['nothing', Buffer.alloc(0), /no outputs/],
    ['an output without a type', written({ outputs: [{ name: 'y', shape: [1] }] }), /no name, known datatype or shape/],
    [
      'contents of another output',
      written({ outputs: [{ name: 'y', datatype: 'FP32' }], raw_output_contents: [Buffer.alloc(4), Buffer.alloc(4)] }),
      /1 outputs and raw contents of 2/,
    ],
    [
      'a type that only raw contents have',
      written({ outputs: [{ name: 'y', datatype: 'FP16', shape: [1] }] }),
      /has no raw contents/,
    ],
    [
      'fewer elements than its shape has',
      written({ outputs: [{ name: 'y', datatype: 'FP32', shape: [2] }], raw_output_contents: [Buffer.alloc(4)] }),
      /y has 1 elements/,
    ],
    ['a field that is cut off', Buffer.from([0x2a, 9, 1]), /9 bytes stands where 1 are left/],
    ['a number without an end', Buffer.alloc(12, 0xff), /has no end/],
    ['a group', Buffer.from([0x2b, 1]), /unknown kind/],
  ];
  for (const [title, bytes, why] of refused) {
    it(`are refused as ${title}`, () => {
      assert.throws(() => decodeInfer(bytes), why);
    });
  }

  it('are read with fields that nobody knows', () => {
    const bytes = Buffer.concat([Buffer.from([0x79, 1, 2, 3, 4, 5, 6, 7, 8, 0x7d, 1, 2, 3, 4]), bytesField(1, 'm')]);
    assert.deepEqual(
      readFields(bytes).map(({ number }) => number),
      [15, 15, 1],
    );
  });
});
