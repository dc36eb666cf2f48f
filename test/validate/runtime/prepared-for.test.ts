import assert from 'node:assert/strict';
import { preparedFor } from '../../../src/validate/runtime/prepared-for.ts';
import { model, node, weight } from '../../support/model-builder.ts';

describe('preparedFor', () => {
  const single = { inputs: ['float[2] x'], outputs: ['float[2] y'] };

  it('is any processor for a model without half precision', () => {
    const plain = model({ ...single, nodes: [node('y = Relu(x)')] });
    assert.equal(preparedFor(plain, 'x64'), 'any');
    assert.equal(preparedFor(plain, 'arm64'), 'any');
  });

  const halves = {
    'an input': model({ inputs: ['float16[2] x'], outputs: ['float16[2] y'], nodes: [node('y = Relu(x)')] }),
    'a weight': model({ ...single, initializers: [weight('float16[2] w')], nodes: [node('y = Relu(x)')] }),
    'a cast': model({ ...single, nodes: [node('h = Cast(x)', { to: 10 }), node('y = Cast(h)', { to: 1 })] }),
  };
  for (const [where, half] of Object.entries(halves)) {
    it(`is the one at hand where ${where} has half precision`, () => {
      assert.equal(preparedFor(half, 'x64'), 'x64');
      assert.equal(preparedFor(half, 'arm64'), 'arm64');
    });
  }
});
