import assert from 'node:assert/strict';
import type { CaseTensor } from '../../../schemas/case.ts';
import { decodeAnswer, encodeRequest } from '../../../src/recipes/verify/wire.ts';

const TENSORS: readonly CaseTensor[] = [
  { name: 'b', datatype: 'BOOL', shape: [2], data: [true, false] },
  { name: 'i8', datatype: 'INT8', shape: [2], data: [-128, 127] },
  { name: 'u16', datatype: 'UINT16', shape: [1], data: [65535] },
  { name: 'i64', datatype: 'INT64', shape: [3], data: ['-9223372036854775808', '9223372036854775807', 7] },
  { name: 'u64', datatype: 'UINT64', shape: [1], data: ['18446744073709551615'] },
  { name: 'f16', datatype: 'FP16', shape: [2], data: [0.5, Number.NEGATIVE_INFINITY] },
  { name: 'f32', datatype: 'FP32', shape: [4], data: [0.25, Number.NaN, Number.POSITIVE_INFINITY, -0] },
  { name: 'f64', datatype: 'FP64', shape: [2], data: [0.1234567890123456, 1.2345678901234567e-20] },
  { name: 't', datatype: 'BYTES', shape: [3], data: ['', 'NaN, "Infinity" and 12345678901234567890', 'déjà\u2028'] },
];

/** An answer is written as a request is, with outputs in place of inputs. */
const asAnswer = (bytes: Buffer, headLength: number) => {
  const head = Buffer.from(bytes.toString('utf8', 0, headLength).replace('"inputs"', '"outputs"'));
  return { bytes: Buffer.concat([head, bytes.subarray(headLength)]), length: head.length };
};

describe('Tensors on the wire', () => {
  it('come back as they were from JSON, with what JSON has no words for', () => {
    const { bytes } = encodeRequest(TENSORS, 'json');
    assert.deepEqual(decodeAnswer(asAnswer(bytes, bytes.length).bytes, undefined), TENSORS);
  });

  it('come back as they were from binary form', () => {
    const { bytes, headers } = encodeRequest(TENSORS, 'binary');
    const answer = asAnswer(bytes, Number(headers['inference-header-content-length']));
    assert.deepEqual(decodeAnswer(answer.bytes, answer.length), TENSORS);
  });

  const refused: readonly [string, string, RegExp][] = [
    ['no JSON', 'out of order', /JSON/],
    ['no outputs', '{"error":"no"}', /it has no outputs/],
    [
      'an unknown type',
      '{"outputs":[{"name":"y","datatype":"FP8","shape":[1],"data":[1]}]}',
      /no name, known datatype or shape/,
    ],
    [
      'more bytes than there are',
      '{"outputs":[{"name":"y","datatype":"FP32","shape":[1],"parameters":{"binary_data_size":4}}]}',
      /fewer bytes/,
    ],
  ];
  for (const [title, text, why] of refused) {
    it(`are refused with ${title}`, () => {
      assert.throws(() => decodeAnswer(Buffer.from(text), undefined), why);
    });
  }
});
