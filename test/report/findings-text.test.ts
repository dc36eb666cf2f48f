import assert from 'node:assert/strict';
import type { Finding } from '../../src/nouns/finding.ts';
import { renderFindings } from '../../src/report/findings-text.ts';

const FINDING: Finding = {
  rule: 'production/custom-domain',
  severity: 'note',
  message: '1 node of com.microsoft: Tokenizer',
  mend: `Export without fused operators, and let the runtime fuse when it prepares the model; or ${'long'.repeat(20)}.`,
  location: { node: 'Tokenizer' },
};

describe('renderFindings', () => {
  it('breaks sentences at the width of a terminal, and keeps words whole', () => {
    assert.deepEqual(renderFindings([FINDING], { colour: false, screenColumns: 60 }).split('\n'), [
      'note production/custom-domain (node Tokenizer)',
      '  1 node of com.microsoft: Tokenizer',
      '  Export without fused operators, and let the runtime fuse',
      '  when it prepares the model; or',
      `  ${'long'.repeat(20)}.`,
      '',
    ]);
  });

  it('leaves them whole where they are piped, to be searched', () => {
    assert.ok(renderFindings([FINDING], { colour: false }).includes(`\n  ${FINDING.mend}\n`));
  });
});
