import assert from 'node:assert/strict';
import { getHeapStatistics } from 'node:v8';
import { decodeInferenceRequest } from '../../templates/server/open-inference/decode.ts';
import { makeResultEncoder } from '../../templates/server/open-inference/encode.ts';
import { RestInference } from '../../templates/server/rest-inference.ts';
import { makeSignature } from '../../templates/server/signature.ts';
import { identity, makePlan } from './plans.ts';

const MIB = 2 ** 20;
const FACTS = { queueMs: 0, computeMs: 0, wholeMs: 0, runRows: 1 };

describe('an answer over REST', () => {
  for (const [form, parameters] of [
    ['JSON', {}],
    ['binary tensors', { binary_data_output: true }],
  ] as const) {
    it(`counts for all its bytes, so that dead ones do not pile up, in ${form}`, () => {
      const signature = makeSignature(makePlan(identity('float')));
      const encode = makeResultEncoder(signature);
      const inputs = [{ name: 'x', datatype: 'FP32', shape: [1, 1], data: [1] }];
      const bytes = Buffer.from(JSON.stringify({ inputs, parameters }));
      const before = heldBytes();
      let most = 0;
      for (let round = 0; round < 100; round++) {
        const request = decodeInferenceRequest(bytes, signature);
        const asked = new RestInference({ caller: UNREAD, request, encode, bodyBytes: bytes.length, body: undefined });
        const data = new Float32Array(MIB / 16).fill(1 / 3);
        asked.succeed({ y: { type: 'float32', dims: [1, data.length], data, location: 'cpu' } }, FACTS);
        most = Math.max(most, heldBytes() - before);
      }
      assert.ok(most < 16 * MIB, `${most} bytes of answers that were dead`);
    });
  }
});

/** Drops what it is answered. */
const UNREAD = { connection: {}, isWaiting: () => true, noteRun() {}, answer() {}, fail: assert.fail };

function heldBytes(): number {
  const { used_heap_size: heap, external_memory: external } = getHeapStatistics();
  return heap + external;
}
