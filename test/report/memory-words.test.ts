import assert from 'node:assert/strict';
import type { MemoryProbe } from '../../src/nouns/memory-report.ts';
import { withProbe } from '../../src/recipes/probe/with-probe.ts';
import { memoryLine } from '../../src/report/memory-words.ts';
import { fixedMemory, plannedMemory } from '../support/memory-report.ts';
import { model, node } from '../support/model-builder.ts';

const MIB = 2 ** 20;

const probe: MemoryProbe = {
  place: 'cgroup',
  cgroup: 'v2',
  limitBytes: null,
  requests: 20,
  fed: 'bounds',
  createPeakBytes: 20 * MIB,
  runPeakBytes: 24 * MIB,
  unreclaimableBytes: 24 * MIB,
  mappedBytes: 60 * MIB,
  plannedBytes: null,
  agrees: null,
};

describe('The line about memory', () => {
  it('says what to give the container, and what was measured', () => {
    assert.equal(memoryLine(fixedMemory(null)), 'Give the container 148 MiB.');
    assert.equal(
      memoryLine(withProbe(fixedMemory(null), { ...probe, plannedBytes: 24 * MIB, agrees: true })),
      'Give the container 148 MiB. Measured in a cgroup: 24.0 MiB that cannot be given back.',
    );
  });

  it('says of what was only measured why other requests may take more', () => {
    const filled = model({
      inputs: ['int64[1] k'],
      outputs: ['float y'],
      nodes: [node('y = ConstantOfShape(k)')],
    });
    assert.match(
      memoryLine(withProbe(plannedMemory({ model: filled, bounds: {} }), probe)),
      /^Give the container \d+ MiB\. Measured in a cgroup: 24\.0 MiB that cannot be given back\. Others may take more: y: depends on data: ConstantOfShape\.$/,
    );
  });
});
