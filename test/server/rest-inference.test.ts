import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { getHeapStatistics } from 'node:v8';
import { decodeInferenceRequest } from '../../templates/server/open-inference/decode.ts';
import { makeResultEncoder } from '../../templates/server/open-inference/encode.ts';
import { RestInference } from '../../templates/server/rest-inference.ts';
import type { Answer } from '../../templates/server/router.ts';
import { makeSignature } from '../../templates/server/signature.ts';
import type { Tensors } from '../../templates/server/tensor.ts';
import { identity, makePlan } from './plans.ts';

const MIB = 2 ** 20;
const FACTS = { queueMs: 0, computeMs: 0, wholeMs: 0, runRows: 1 };

describe('an answer over REST', () => {
  for (const [form, parameters] of [
    ['JSON', {}],
    ['binary tensors', { binary_data_output: true }],
  ] as const) {
    it(`counts for all its bytes, so that dead ones do not pile up, in ${form}`, async () => {
      const signature = makeSignature(makePlan(identity('float')));
      const encode = makeResultEncoder(signature);
      const inputs = [{ name: 'x', datatype: 'FP32', shape: [1, 1], data: [1] }];
      const bytes = Buffer.from(JSON.stringify({ inputs, parameters }));
      const before = heldBytes();
      let most = 0;
      for (let round = 0; round < 100; round++) {
        const request = decodeInferenceRequest(bytes, signature);
        const asked = new RestInference({
          caller: UNREAD,
          request,
          encode,
          bodyBytes: bytes.length,
          body: undefined,
          isBodyAlone: false,
        });
        const data = new Float32Array(MIB / 16).fill(1 / 3);
        await asked.succeed({ y: { type: 'float32', dims: [1, data.length], data, location: 'cpu' } }, FACTS);
        most = Math.max(most, heldBytes() - before);
      }
      assert.ok(most < 16 * MIB, `${most} bytes of answers that were dead`);
    });
  }
});

describe('a long answer over REST', () => {
  const signature = makeSignature(
    makePlan({
      inputs: [['x', 'float', ['n']]],
      outputs: [
        ['y', 'float', ['n']],
        ['z', 'int64', ['n']],
        ['t', 'string', ['n']],
      ],
    }),
  );
  const COUNT = 400_000;
  const tensors = (): Tensors => ({
    y: {
      type: 'float32',
      dims: [COUNT],
      data: Float32Array.from({ length: COUNT }, (_, k) => Math.sin(k)),
      location: 'cpu',
    },
    z: {
      type: 'int64',
      dims: [COUNT],
      data: BigInt64Array.from({ length: COUNT }, (_, k) => BigInt(k)),
      location: 'cpu',
    },
    t: { type: 'string', dims: [COUNT], data: Array.from({ length: COUNT }, (_, k) => `é${k}`), location: 'cpu' },
  });
  const start = (isWaiting: () => boolean) => {
    const answers: Answer[] = [];
    const caller = { ...UNREAD, isWaiting, answer: (answer: Answer) => void answers.push(answer) as undefined };
    const inputs = [{ name: 'x', datatype: 'FP32', shape: [1], data: [1] }];
    const request = decodeInferenceRequest(Buffer.from(JSON.stringify({ id: 'a', inputs })), signature);
    const encode = makeResultEncoder(signature);
    const written = new RestInference({ caller, request, encode, bodyBytes: 1, body: undefined, isBodyAlone: false });
    return { answers, settled: written.succeed(tensors(), FACTS) };
  };

  it('lets others have their turn while it is written, and is the same', async () => {
    const { answers, settled } = start(() => true);
    let turns = 0;
    for (let more = true; more; turns++) {
      more = (await Promise.race([settled?.then(() => false), nextTurn(true)])) ?? false;
      assert.equal(answers.length, more ? 0 : 1);
    }
    assert.ok(turns > 3, `${turns} turns`);
    const [answer] = answers;
    const read = JSON.parse(Buffer.concat(answer?.body as Uint8Array[]).toString('utf8'));
    const { y, z, t } = tensors();
    assert.equal(read.id, 'a');
    assert.deepEqual(
      read.outputs.map(({ name, shape }: { name: string; shape: number[] }) => [name, shape]),
      [
        ['y', [COUNT]],
        ['z', [COUNT]],
        ['t', [COUNT]],
      ],
    );
    assert.deepEqual(Float32Array.from(read.outputs[0].data), y?.data);
    assert.deepEqual(read.outputs[1].data, Array.from(z?.data as BigInt64Array, Number));
    assert.deepEqual(read.outputs[2].data, t?.data);
  });

  it('is not written to its end for a client that has gone', async () => {
    let asked = 0;
    const { answers, settled } = start(() => asked++ < 2);
    await settled;
    assert.deepEqual([answers.length, asked], [0, 3]);
  });
});

/** Drops what it is answered. */
const UNREAD = { connection: {}, isWaiting: () => true, noteRun() {}, answer: () => undefined, fail: assert.fail };

function heldBytes(): number {
  const { used_heap_size: heap, external_memory: external } = getHeapStatistics();
  return heap + external;
}
