import assert from 'node:assert/strict';
import { useLoadingChild } from '../../support/loading-child.ts';
import { EXAMPLES } from './examples/examples.ts';

/**
 * Rules whose failing example may load all the same: it fails when it is run, or an absent field is written as zero, or it
 * depends on the machine.
 */
const MAY_LOAD = new Set([
  'structure/no-outputs',
  'structure/ir-version',
  'production/unfed-input',
  'production/locale',
]);

/** What a builder cannot write: weights whose data are in other files, or only said to be there. */
const NOT_WRITABLE = new Set([
  'structure/external-data',
  'structure/irregular-file',
  'structure/tensor-stored-twice',
  'production/float-list',
  // Hangs the runtime, which is why there is a rule.
  'structure/function-expansion',
]);

describe('The runtime agrees with the examples of the rules', () => {
  const load = useLoadingChild();

  for (const [id, { fails, passes }] of Object.entries(EXAMPLES)) {
    if (!fails.model || !passes.model || NOT_WRITABLE.has(id)) continue;
    const { model: bad } = fails;
    const { model: good } = passes;
    const worst = fails.findings().find(({ rule }) => rule === id)?.severity;

    it(`it loads what passes ${id}`, async () => {
      const outcome = await load(good);
      assert.equal(outcome?.outcome, 'ok', JSON.stringify(outcome));
    });

    if (id.startsWith('budget/') || MAY_LOAD.has(id)) continue;
    it(`it ${worst === 'error' ? 'refuses' : 'loads'} what fails ${id}`, async () => {
      const outcome = await load(bad);
      assert.equal(outcome?.outcome, worst === 'error' ? 'refused' : 'ok', JSON.stringify(outcome));
    });
  }
});
