import assert from 'node:assert/strict';
import { makeMemoryTable } from '../../../src/recipes/memory-table.ts';
import { servingLimit } from '../../../src/validate/memory/serving-limit.ts';
import { REQUEST_SHARE, settleLoadLine } from '../../../templates/server/scheduling/load-line.ts';
import { WIDE_MODEL } from '../../support/memory-report.ts';
import { model, node, weight } from '../../support/model-builder.ts';

/** A long request with a short answer. */
const NARROWING_MODEL = model({
  inputs: ['float[batch,256] x'],
  outputs: ['float[batch,1] y'],
  nodes: [node('y = MatMul(x, w)')],
  initializers: [weight('float[256,1] w')],
});

/** What the server's load line takes in, of a plan that has it all. */
function lineAt(limitBytes: number, { batch, workers }: { readonly batch: number; readonly workers: number }) {
  const memory = makeMemoryTable({ model: WIDE_MODEL, profile: 'lean', bounds: { batch }, maxSize: batch });
  assert.ok(memory);
  const plan = { batching: { state: 'proven', maxSize: batch, maxDelayMs: 0, provenRows: [2] }, memory };
  return settleLoadLine({ plan: plan as never, limitBytes, workers });
}

describe('servingLimit', () => {
  for (const batch of [1, 64, 4096]) {
    for (const workers of [1, 3]) {
      it(`is where the server cuts nothing down and lets a request at the bounds in: ${batch} rows, ${workers} threads`, () => {
        const bounds = new Map([['batch', batch]]);
        const limit = servingLimit({ model: WIDE_MODEL, profile: 'lean', bounds, workers });
        assert.ok(limit);
        const line = lineAt(limit, { batch, workers });
        assert.deepEqual(line.cuts, []);
        // 256 floats in and out: 4 bytes each, and twice 22 letters out.
        assert.ok(REQUEST_SHARE * line.requestsBytes >= batch * 256 * (4 + 4 + 44), String(line.requestsBytes));
      });
    }
  }

  it('counts no longer body than the server takes', () => {
    const bounds = new Map([['batch', 4096]]);
    const options = { model: NARROWING_MODEL, profile: 'lean', bounds } as const;
    const [whole, short] = [servingLimit(options), servingLimit({ ...options, bodyBytes: 2 ** 20 })];
    // 22 letters for each of 4096 x 256 floats, or the tensors, which then are more than a body of a mebibyte.
    const tensors = 4096 * (257 * 4 + 44);
    assert.equal((whole ?? 0) - (short ?? 0), (4096 * 256 * 22 - tensors) / REQUEST_SHARE);
  });

  it('counts answers whose size the model gives a name of its own, as the server learns it from the first', () => {
    const bounds = new Map([['batch', 4096]]);
    const [named, unnamed] = ['batch', 'rows'].map((rows) => {
      const { nodes, initializers } = WIDE_MODEL.graph;
      const outputs = [`float[${rows},256] y`];
      const own = model({ inputs: ['float[batch,256] x'], outputs, nodes, initializers });
      return servingLimit({ model: own, profile: 'lean', bounds });
    });
    assert.equal(unnamed, named);
  });

  it('is not known where a bound is missing', () => {
    assert.equal(servingLimit({ model: WIDE_MODEL, profile: 'lean', bounds: new Map() }), null);
  });
});
