import assert from 'node:assert/strict';
import type { ImageVerdict, VerdictMetric } from '../../../src/nouns/verdict.ts';
import { diffVerdicts } from '../../../src/recipes/diff/diff-verdicts.ts';
import { failingVerdict, passingVerdict } from '../../support/sample-verdict.ts';

/** A verdict whose accuracy was resampled to so much above `value`. */
function accurate(
  value: number,
  { draws, digest }: { draws: readonly number[] | null; digest?: string },
): ImageVerdict {
  const verdict = passingVerdict();
  const metric = verdict.metrics[0] as VerdictMetric;
  const replicates = draws === null ? null : draws.map((more) => value + more);
  const overall = { ...metric.overall, value, replicates };
  return { ...verdict, metrics: [{ ...metric, overall, dataDigest: digest ?? metric.dataDigest }] };
}

const DRAWS = Array.from({ length: 100 }, (_, at) => (at % 10) / 100);

describe('The verdicts on two images', () => {
  it('are the same where nothing moved', () => {
    const { same, failures, metrics } = diffVerdicts(passingVerdict(), passingVerdict());
    assert.deepEqual([same, failures.added, failures.gone], [true, [], []]);
    assert.deepEqual(
      metrics.map(({ metric, slice }) => [metric, slice?.value ?? null]),
      [
        ['accuracy', null],
        ['accuracy', 'north'],
      ],
    );
  });

  it('name failures that are new and those that are gone', () => {
    const { same, verdict, failures } = diffVerdicts(passingVerdict(), failingVerdict());
    assert.deepEqual([same, verdict], [false, { from: 'pass', to: 'fail' }]);
    assert.deepEqual(
      failures.added.map(({ what }) => what),
      ['out-of-memory', 'latency'],
    );
    assert.equal(diffVerdicts(failingVerdict(), passingVerdict()).failures.gone.length, 2);
    assert.equal(diffVerdicts(failingVerdict(), failingVerdict()).same, true);
  });

  it('hold metrics against each other draw by draw, where they are of the same rows', () => {
    const [overall] = diffVerdicts(accurate(0.8, { draws: DRAWS }), accurate(0.85, { draws: DRAWS })).metrics;
    const { value = 0, interval } = overall?.difference ?? {};
    assert.ok(Math.abs(value - 0.05) < 1e-9);
    // What both models drew alike is no part of their difference.
    assert.ok(interval && interval.high - interval.low < 1e-9);
  });

  const unpaired: readonly [string, ImageVerdict][] = [
    ['of other rows', accurate(0.85, { draws: DRAWS, digest: 'sha256:other' })],
    ['without what was drawn', accurate(0.85, { draws: null })],
  ];
  for (const [title, after] of unpaired) {
    it(`say nothing of chance ${title}`, () => {
      const [overall] = diffVerdicts(accurate(0.8, { draws: DRAWS }), after).metrics;
      assert.equal(overall?.difference, null);
      assert.equal(overall?.to?.value, 0.85);
    });
  }

  it('keep metrics that one of them has not', () => {
    const [gone] = diffVerdicts(passingVerdict(), passingVerdict({ metrics: [] })).metrics;
    assert.deepEqual([gone?.from?.value, gone?.to], [0.93, null]);
  });

  it('have limits, versions and answering times among their figures', () => {
    const { figures } = diffVerdicts(passingVerdict(), passingVerdict());
    assert.deepEqual(
      figures.map(({ what }) => what),
      ['version', 'memory limit, bytes', 'platform', 'onnxruntime', 'Node', 'p99 at 100 rows/s, ms'],
    );
  });
});
