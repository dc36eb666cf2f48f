import assert from 'node:assert/strict';
import type { Finding } from '../../src/nouns/finding.ts';
import type { AssayedProject } from '../../src/recipes/assay-record.ts';
import { disagreement } from '../../src/recipes/disagreement.ts';

const error = (rule: string): Finding => ({ rule, severity: 'error', message: 'm', mend: 'm' });
const assayed = (verdict: AssayedProject['verdict'], findings: readonly Finding[] = []): AssayedProject => ({
  verdict,
  findings,
  form: 'prepared',
  reason: null,
  level: 'extended',
  reordered: null,
  processor: 'any',
  equality: null,
  files: [],
  places: [],
  reused: false,
  batching: { state: 'off' as const, why: 'not in this test' },
});

describe('A disagreement between the checks and the runtime', () => {
  const rows: readonly [string, readonly Finding[], AssayedProject, RegExp | undefined][] = [
    ['is silent where both accept', [], assayed('accepted'), undefined],
    [
      'is silent where both refuse',
      [error('structure/cycle')],
      assayed('refused', [error('runtime/invalid-graph')]),
      undefined,
    ],
    [
      'is told where only the checks refuse',
      [error('structure/cycle')],
      assayed('accepted'),
      /structure\/cycle calls it invalid/,
    ],
    [
      'is told where only the runtime refuses',
      [],
      assayed('refused', [error('runtime/missing-kernel')]),
      /runtime refuses it/,
    ],
    ['is silent where a budget alone refuses', [error('budget/model')], assayed('accepted'), undefined],
    [
      'is silent where a run failed on this machine',
      [],
      assayed('refused', [error('runtime/out-of-memory')]),
      undefined,
    ],
  ];
  for (const [title, checks, asked, wanted] of rows) {
    it(title, () => {
      const [finding] = disagreement(checks, asked, 'model.onnx');
      if (wanted === undefined) assert.equal(finding, undefined);
      else assert.match(finding?.message ?? '', wanted);
    });
  }
});
