import assert from 'node:assert/strict';
import { areLong, renderRows, writeRowsInSteps } from '../../templates/server/people/render-rows.ts';
import { makeSignature } from '../../templates/server/signature.ts';
import type { Tensors } from '../../templates/server/tensor.ts';
import { makePlan } from './plans.ts';

describe('rows as plain JSON', () => {
  const { outputs } = makeSignature(
    makePlan({
      inputs: [['x', 'float', ['n']]],
      outputs: [
        ['y', 'float', ['n', 300, 20]],
        ['s', 'string', []],
      ],
    }),
  );
  const ROWS = 7;
  const data = Float32Array.from({ length: ROWS * 6000 }, (_, index) => (index === 5 ? Number.NaN : index / 8));
  const tensors: Tensors = {
    y: { type: 'float32', dims: [ROWS, 300, 20], data, location: 'cpu' },
    s: { type: 'string', dims: [], data: ['ü'], location: 'cpu' },
  };

  for (const [how, facts, tensorsOfIt] of [
    ['rows', { outputs: outputs.slice(0, 1), count: ROWS, isOne: false }, tensors],
    ['one row', { outputs, count: null, isOne: true }, tensors],
  ] as const) {
    it(`are written step by step as at once: ${how}`, () => {
      const steps = writeRowsInSteps(tensorsOfIt, facts);
      let taken = 0;
      for (;;) {
        const { done, value } = steps.next();
        if (!done) {
          taken++;
          continue;
        }
        const text = Buffer.concat([...value]).toString('utf8');
        assert.equal(text, renderRows(tensorsOfIt, facts));
        const read = JSON.parse(text);
        const [first] = facts.isOne ? [read] : read;
        assert.deepEqual((facts.isOne ? first.y[0] : first.y)[0].slice(4, 7), [0.5, 'NaN', 0.75]);
        if (facts.isOne) assert.equal(first.s, 'ü');
        else assert.equal(read.length, ROWS);
        break;
      }
      assert.ok(taken >= 3, `${taken} steps`);
    });
  }

  it('are long from some ten thousand elements on', () => {
    assert.equal(areLong(tensors), true);
    assert.equal(areLong({ s: tensors.s as Tensors[string] }), false);
  });
});
