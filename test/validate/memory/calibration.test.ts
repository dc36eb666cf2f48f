import assert from 'node:assert/strict';
import { CALIBRATION, type Curve, type Seat } from '../../../src/validate/memory/calibration.ts';
import { deriveCalibration } from '../../../src/validate/memory/derive-calibration.ts';
import { along } from '../../../src/validate/memory/transport.ts';

function curvesOf(seat: Seat, travel: 'json' | 'binary'): readonly Curve[] {
  const { request, answer } = CALIBRATION.travel[seat][travel];
  return [request, answer];
}

describe('The shipped calibration', () => {
  it('is what the measurements that it carries give', () => {
    const { combination, threads, marginFactor, marginBytes, measured } = CALIBRATION;
    assert.deepEqual(
      deriveCalibration({ combination, threads, marginFactor, marginBytes }, measured),
      CALIBRATION,
      'run bench/calibrate.ts rather than edit the file',
    );
  });

  it('was measured often enough to tell a middle, for each way that tensors travel', () => {
    for (const points of [CALIBRATION.measured.inline, CALIBRATION.measured.worker, CALIBRATION.measured.chain])
      assert.ok(points.length >= 3);
    for (const seat of ['inline', 'worker'] as const)
      for (const travel of ['json', 'binary'] as const)
        for (const curve of curvesOf(seat, travel)) assert.ok(curve.length >= 3);
  });

  it('has figures that a process can have', () => {
    assert.ok(CALIBRATION.idleBytes > 10 * 2 ** 20 && CALIBRATION.idleBytes < 60 * 2 ** 20);
    assert.ok(CALIBRATION.nodeBytes > 1000 && CALIBRATION.nodeBytes < 50_000);
    // A node of a tree is a record of 24 bytes at the least.
    assert.ok(CALIBRATION.treeNodeBytes >= 24 && CALIBRATION.treeCreateBytes > CALIBRATION.treeNodeBytes);
    for (const seat of ['inline', 'worker'] as const)
      for (const travel of ['json', 'binary'] as const)
        for (const curve of curvesOf(seat, travel))
          curve.forEach(([, extra], place) => {
            assert.ok(extra >= (curve[place - 1]?.[1] ?? 0));
          });
  });
});

describe('A curve of what tensors take beside themselves', () => {
  const curve = [
    [100, 10],
    [200, 40],
    [400, 60],
  ] as const;
  for (const [bytes, extra] of [
    [0, 0],
    [50, 5],
    [100, 10],
    [150, 25],
    [300, 50],
    [600, 80],
  ] as const)
    it(`gives ${extra} for ${bytes}`, () => assert.equal(along(curve, bytes), extra));
});
