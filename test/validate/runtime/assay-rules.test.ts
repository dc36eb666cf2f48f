import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { RULE_DESCRIPTIONS } from '../../../src/validate/rules/rules.ts';
import { ASSAY_RULES } from '../../../src/validate/runtime/assay-rules.ts';

/** Said by the recipe that has both judgements before it. */
const DISAGREEMENT = 'runtime/disagreement';

const folder = new URL('../../../src/validate/runtime/', import.meta.url);

describe('The rules of the runtime’s judgement', () => {
  it('are all in the table', () => {
    const named = readdirSync(folder)
      .filter((file) => file !== 'assay-rules.ts')
      .flatMap((file) => [
        ...readFileSync(new URL(file, folder), 'utf8').matchAll(/'((?:runtime|prepare)\/[a-z0-9-]+)'/g),
      ])
      .map((match) => match[1] ?? '');
    const known = new Set(RULE_DESCRIPTIONS.map(({ id }) => id));
    assert.deepEqual(
      [...new Set(named)].filter((rule) => !known.has(rule)),
      [],
    );
    const inUse = new Set(named);
    assert.deepEqual(
      ASSAY_RULES.map(({ id }) => id).filter((id) => !inUse.has(id) && id !== DISAGREEMENT),
      [],
    );
  });
});
