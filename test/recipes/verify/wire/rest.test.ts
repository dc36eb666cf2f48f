import assert from 'node:assert/strict';
import { decodeAnswer, encodeRequest } from '../../../../src/recipes/verify/wire/rest.ts';
import { TENSORS } from './tensors.ts';

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
      'fewer elements than its shape has',
      '{"outputs":[{"name":"y","datatype":"FP32","shape":[2,1],"data":[1]}]}',
      /y has 1 elements, and the shape \[2,1\]/,
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
