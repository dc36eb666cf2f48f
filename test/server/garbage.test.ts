import assert from 'node:assert/strict';
import { constants, type NodeGCPerformanceDetail, PerformanceObserver } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import { countTraffic } from '../../templates/server/garbage.ts';

interface GarbageEntry {
  readonly detail: NodeGCPerformanceDetail;
}

const MIB = 2 ** 20;

function heldBytes(): number {
  const { used_heap_size: heap, external_memory: external } = getHeapStatistics();
  return heap + external;
}

describe('countTraffic', () => {
  it('has what is dead collected before it piles up', () => {
    const before = heldBytes();
    let most = 0;
    for (let round = 0; round < 200; round++) {
      Buffer.allocUnsafeSlow(MIB / 2);
      countTraffic(MIB / 2);
      most = Math.max(most, heldBytes() - before);
    }
    assert.ok(most < 16 * MIB, `${most} bytes of 100 MiB that were dead`);
  });

  it('lets V8 be where next to nothing is left behind', async () => {
    const collections: number[] = [];
    const observer = new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) collections.push((entry as unknown as GarbageEntry).detail.kind);
    });
    observer.observe({ entryTypes: ['gc'] });
    for (let round = 0; round < 2000; round++) countTraffic(MIB);
    await new Promise((resolve) => setTimeout(resolve, 10));
    observer.disconnect();
    const whole = collections.filter((kind) => kind === constants.NODE_PERFORMANCE_GC_MAJOR);
    assert.ok(whole.length < 3, `${whole.length} collections of everything`);
  });
});
