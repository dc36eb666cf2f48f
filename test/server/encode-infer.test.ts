import assert from 'node:assert/strict';
import { makeInferEncoder } from '../../templates/server/grpc/encode-infer.ts';
import { makeSignature } from '../../templates/server/signature.ts';
import { identity, makePlan } from './plans.ts';

describe('makeInferEncoder', () => {
  const signature = makeSignature(makePlan(identity('float')));
  const encode = (rows: number, raw: boolean) => {
    const data = Float32Array.from({ length: rows }, (_, index) => index);
    const request = {
      id: '',
      inputs: {},
      outputs: signature.outputs,
      raw,
      deadlineMs: undefined,
      priority: 5,
      echo: [],
    };
    const tensor = { type: 'float32', dims: [1, rows], data, location: 'cpu' } as const;
    return { data, answer: makeInferEncoder(signature)(request, { y: tensor }) };
  };

  for (const raw of [true, false]) {
    it(`gives back all of a large answer of ${raw ? 'raw' : 'typed'} contents, and nothing before it is told to`, () => {
      const { data, answer } = encode(100_000, raw);
      const message = Buffer.concat(answer.pieces);
      assert.ok(message.includes(Buffer.from(data.buffer)));
      answer.spend();
      assert.equal(data.buffer.byteLength, 0);
      assert.ok(answer.pieces.every(({ length }) => length < 4096));
    });

    it(`leaves others alone that share a buffer with a small answer of ${raw ? 'raw' : 'typed'} contents`, () => {
      const { answer } = encode(3, raw);
      const before = Buffer.concat(answer.pieces);
      answer.spend();
      assert.deepEqual(Buffer.concat(answer.pieces), before);
    });
  }
});
