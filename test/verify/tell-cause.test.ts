import assert from 'node:assert/strict';
import { responsibleFor } from '../../src/verify/responsible.ts';
import { type NumericEvidence, tellNumericCause } from '../../src/verify/tell-cause.ts';

const evidence = (parts: Partial<NumericEvidence>): NumericEvidence => ({
  shipped: 'wrong',
  given: 'wrong',
  rows: 1,
  isOtherForm: false,
  changedLayers: [],
  why: null,
  ...parts,
});

const OWNERS = { system: 'platform@example.org', model: 'model@example.org' };

describe('A wrong answer', () => {
  const rows: readonly [string, Partial<NumericEvidence>, string, string | null, string | null][] = [
    ['that the locked runtime gives too is the model’s', {}, 'numeric', 'model', OWNERS.model],
    ['that goes away without optimisation is the runtime’s', { given: 'right' }, 'numeric', 'runtime', OWNERS.system],
    ['that the locked runtime does not give is the image’s', { shipped: 'right' }, 'numeric', 'image', OWNERS.system],
    [
      'of an image with another runtime is the runtime’s',
      { shipped: 'right', changedLayers: ['onnxruntime'] },
      'numeric',
      'runtime',
      OWNERS.system,
    ],
    ['of another form is the server’s', { shipped: 'right', isOtherForm: true }, 'system', 'server', OWNERS.system],
    ['that takes several rows is the server’s', { shipped: 'right', rows: 2 }, 'system', 'server', OWNERS.system],
    [
      'that cannot be reproduced is nobody’s',
      { shipped: 'unavailable', why: 'no network' },
      'inconclusive',
      null,
      null,
    ],
    [
      'of an image that was changed needs no reproduction',
      { shipped: 'unavailable', changedLayers: ['model'] },
      'numeric',
      'image',
      OWNERS.system,
    ],
  ];
  for (const [title, parts, owner, cause, responsible] of rows) {
    it(title, () => {
      const told = tellNumericCause(evidence(parts));
      assert.deepEqual([told.owner, told.cause, responsibleFor(told, OWNERS)], [owner, cause, responsible]);
      assert.equal(told.missing === null, owner !== 'inconclusive');
    });
  }
});
