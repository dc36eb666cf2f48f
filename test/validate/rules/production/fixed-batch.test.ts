import assert from 'node:assert/strict';
import { checkModel } from '../../../../src/validate/rules/check-model.ts';
import { model, node } from '../../../support/model-builder.ts';

function found(nodes: ReturnType<typeof node>[]) {
  const built = model({ inputs: ['float[1,4] x'], outputs: ['float[?,?] y'], nodes });
  return checkModel({ model: built }).find(({ rule }) => rule === 'production/fixed-batch');
}

describe('production/fixed-batch', () => {
  it('names the command that opens the batch', () => {
    assert.match(found([node('y = Relu(x)')])?.mend ?? '', /--only production\/fixed-batch` does it\.$/);
  });

  it('promises nothing where a row of the inputs would give no row of an output', () => {
    const mend = found([node('y = ReduceSum(x)', { keepdims: 1 })])?.mend ?? '';
    assert.match(
      mend,
      /`plimsoll fix` cannot do it here: .*output "y" would not have a row for each row of the inputs\.$/,
    );
    assert.doesNotMatch(mend, /does it/);
  });
});
