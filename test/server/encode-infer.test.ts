import assert from 'node:assert/strict';
import { isLong, makeInferEncoder, writeLongContents } from '../../templates/server/grpc/encode-infer.ts';
import { DATATYPES, type ServedType } from '../../templates/server/open-inference/datatypes.ts';
import { makeSignature } from '../../templates/server/signature.ts';
import type { Elements } from '../../templates/server/tensor.ts';
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

  const LONG = 100_000;
  const longs: readonly (readonly [ServedType, Elements])[] = [
    ['int64', BigInt64Array.from({ length: LONG }, (_, index) => BigInt(index) * -9007199254740993n)],
    ['int32', Int32Array.from({ length: LONG }, (_, index) => index * 1000)],
    ['string', Array.from({ length: LONG }, (_, index) => `é${index}`)],
    ['float', Float32Array.from({ length: LONG }, (_, index) => index)],
  ];
  for (const [type, data] of longs) {
    for (const raw of [true, false]) {
      it(`writes a long answer of ${type} in ${raw ? 'raw' : 'typed'} contents step by step, to the same bytes as at once`, () => {
        const of = makeSignature(makePlan(identity(type)));
        const request = {
          id: '7',
          inputs: {},
          outputs: of.outputs,
          raw,
          deadlineMs: undefined,
          priority: 5,
          echo: [],
        };
        const tensors = { y: { type: DATATYPES[type].runtime, dims: [1, LONG], data, location: 'cpu' } } as const;
        const encoder = makeInferEncoder(of);
        const wanted = Buffer.concat(encoder(request, tensors).pieces);
        // What goes out as it lies in memory takes no steps.
        const isWritten = type === 'string' || (type !== 'float' && !raw);
        assert.equal(isLong(request, tensors), isWritten);
        const steps = writeLongContents(request, tensors);
        let count = 0;
        let step = steps.next();
        for (; !step.done; step = steps.next()) count++;
        assert.ok(!isWritten || count >= LONG / 8192, `${count} steps`);
        assert.deepEqual(Buffer.concat(encoder(request, tensors, step.value).pieces), wanted);
      });
    }
  }
});
