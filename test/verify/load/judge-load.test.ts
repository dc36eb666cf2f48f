import assert from 'node:assert/strict';
import { arrivals } from '../../../src/verify/load/arrivals.ts';
import { isNoisy, judgeLatency, judgeThroughput, summariseRound } from '../../../src/verify/load/judge-load.ts';

const roundOf = (p99Ms: number, rowsPerSecond = 100) => ({
  requests: 1000,
  failed: 0,
  p50Ms: p99Ms / 2,
  p99Ms,
  largestMs: p99Ms,
  rowsPerSecond,
});
const QUIET = { timerP99Ms: 0.1, spread: 0.05, sendLateP99Ms: 0.1, isNoisy: false };
const LIMITS = { p50Ms: null, p99Ms: 20, rowsPerSecond: null };

describe('Arrivals', () => {
  it('come at their rate, in an order of their own, the same each time', () => {
    const due = arrivals({ perSecond: 500, seconds: 20, seed: 1 });
    assert.ok(Math.abs(due.length - 10_000) < 400, String(due.length));
    assert.deepEqual(due, due.slice().sort());
    assert.deepEqual(due, arrivals({ perSecond: 500, seconds: 20, seed: 1 }));
    const gaps = due.map((at, index) => at - (due[index - 1] ?? 0)).sort();
    // Of an exponential distribution: the median is ln 2 of the mean.
    assert.ok(Math.abs((gaps[(due.length / 2) | 0] ?? 0) - 2 * Math.LN2) < 0.15);
  });
});

describe('A round', () => {
  it('counts requests that failed as never answered', () => {
    const latenciesMs = Float64Array.from({ length: 100 }, (_, at) => (at < 3 ? Number.POSITIVE_INFINITY : 1));
    const round = summariseRound({ latenciesMs, failed: 3, rowsPerRequest: 2, tookMs: 1000 });
    assert.equal(round.p99Ms, Number.MAX_SAFE_INTEGER);
    assert.deepEqual([round.p50Ms, round.rowsPerSecond], [1, 194]);
  });
});

describe('A budget of time', () => {
  const rows: readonly [string, readonly number[], boolean, string][] = [
    ['is kept on any machine by most rounds', [10, 19, 400], true, 'pass'],
    ['is broken where no round keeps it on a quiet machine', [21, 30, 25], false, 'fail'],
    ['is left open where the machine is noisy', [21, 30, 25], true, 'inconclusive'],
    ['is left open where rounds disagree', [10, 30, 25], false, 'inconclusive'],
  ];
  for (const [title, p99s, isLoud, outcome] of rows) {
    it(title, () => {
      assert.equal(
        judgeLatency(
          p99s.map((p99) => roundOf(p99)),
          { limits: LIMITS, noise: { ...QUIET, isNoisy: isLoud } },
        ),
        outcome,
      );
    });
  }

  it('is broken on a noisy machine too where its lateness does not explain it', () => {
    const noise = { timerP99Ms: 40, spread: 1, sendLateP99Ms: 20, isNoisy: true };
    const judged = (p50Ms: number) =>
      judgeLatency(
        [1, 2, 3].map((more) => ({ ...roundOf(1), p50Ms: p50Ms + more, p99Ms: 2 * p50Ms })),
        { limits: LIMITS, noise },
      );
    assert.equal(judged(100), 'fail');
    assert.equal(judged(90), 'inconclusive');
  });

  it('of throughput allows for what random arrivals vary by', () => {
    const limits = { p50Ms: null, p99Ms: null, rowsPerSecond: 100 };
    assert.equal(judgeThroughput([roundOf(1, 96), roundOf(1, 104), roundOf(1, 99)], { limits, noise: QUIET }), 'pass');
    assert.equal(judgeThroughput([roundOf(1, 60), roundOf(1, 70), roundOf(1, 65)], { limits, noise: QUIET }), 'fail');
  });

  it('knows a machine whose own lateness is a good part of the limit', () => {
    assert.equal(isNoisy({ timerP99Ms: 1.5, spread: 0, sendLateP99Ms: 0 }, 100), false);
    assert.equal(isNoisy({ timerP99Ms: 1.5, spread: 0, sendLateP99Ms: 0 }, 10), true);
    assert.equal(isNoisy({ timerP99Ms: 0, spread: 0.8, sendLateP99Ms: 0 }, 100), true);
  });
});
