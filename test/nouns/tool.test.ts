import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { TOOL } from '../../src/nouns/tool.ts';

describe('the tool', () => {
  it('says of itself what its package says', () => {
    const { name, version, description } = JSON.parse(
      readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
    );
    assert.deepEqual({ ...TOOL }, { name, version, description });
  });
});
