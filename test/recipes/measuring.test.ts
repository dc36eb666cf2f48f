import assert from 'node:assert/strict';
import type { Digest } from '../../src/nouns/digest.ts';
import { Measuring } from '../../src/recipes/measuring.ts';

const source = { path: '/models/model.onnx', bytes: 400, inode: 7, modifiedMs: 1.5 };
const gathered = { bytes: 128, sources: [source], ranges: [{ at: 0, length: 128, offset: 16, source: 0 }] };

describe('Measuring', () => {
  let asked: unknown[] = [];
  const measuring = () => {
    asked = [];
    return new Measuring(async (place) => {
      asked.push(place);
      return `sha256:${asked.length}` as Digest;
    });
  };

  it('reads what was gathered once, in whatever order its fields come', async () => {
    const measure = measuring();
    measure.begin([gathered]);
    const again = { ...gathered, ranges: [{ at: 0, source: 0, offset: 16, length: 128 }] };
    measure.begin(['/graph.onnx', again]);
    assert.equal(await measure.of(again), 'sha256:1');
    assert.deepEqual(asked, [gathered, '/graph.onnx']);
  });

  it('reads what was gathered from another file, and any path, again', async () => {
    const measure = measuring();
    measure.begin(['/graph.onnx', gathered]);
    const other = { ...gathered, sources: [{ ...source, modifiedMs: 2 }] };
    measure.begin(['/graph.onnx', other]);
    assert.equal(await measure.of('/graph.onnx'), 'sha256:3');
    assert.equal(await measure.of(other), 'sha256:4');
    assert.equal(asked.length, 4);
  });
});
