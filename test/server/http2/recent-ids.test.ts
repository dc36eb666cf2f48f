import assert from 'node:assert/strict';
import { RecentIds } from '../../../templates/server/http2/recent-ids.ts';

describe('Recent ids', () => {
  it('are those that were added last, less those that were taken out', () => {
    const ids = new RecentIds(100);
    assert.equal(ids.has(1), false);
    for (let id = 1; id <= 250; id++) ids.add(id);
    const kept = Array.from({ length: 250 }, (_, index) => index + 1).filter((id) => ids.has(id));
    assert.deepEqual([kept.length, kept[0], kept.at(-1)], [100, 151, 250]);
    ids.delete(200);
    ids.delete(1);
    assert.deepEqual([ids.has(199), ids.has(200), ids.has(201)], [true, false, true]);
  });
});
