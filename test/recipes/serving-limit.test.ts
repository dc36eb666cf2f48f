import assert from 'node:assert/strict';
import { makeMemoryTable } from '../../src/recipes/memory-table.ts';
import { servingLimit } from '../../src/recipes/serving-limit.ts';
import { settleLoadLine } from '../../templates/server/scheduling/load-line.ts';
import { WIDE_MODEL } from '../support/memory-report.ts';

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
        // 256 floats in and out: 4 bytes each, 22 letters in, twice 22 out.
        assert.ok(line.requestsBytes >= batch * 256 * (4 + 22 + 4 + 44), String(line.requestsBytes));
      });
    }
  }

  it('counts no longer body than the server takes', () => {
    const bounds = new Map([['batch', 4096]]);
    const options = { model: WIDE_MODEL, profile: 'lean', bounds } as const;
    const [whole, short] = [servingLimit(options), servingLimit({ ...options, bodyBytes: 2 ** 20 })];
    // 22 letters for each of 4096 x 256 floats, or a mebibyte.
    assert.equal((whole ?? 0) - (short ?? 0), 4096 * 256 * 22 - 2 ** 20);
  });

  it('is not known where a bound is missing', () => {
    assert.equal(servingLimit({ model: WIDE_MODEL, profile: 'lean', bounds: new Map() }), null);
  });
});
