import assert from 'node:assert/strict';
import { checkModel } from '../../../../src/validate/rules/check-model.ts';
import { inferShapes } from '../../../../src/validate/shapes/infer-shapes.ts';
import { graph, model, node, weight } from '../../../support/model-builder.ts';

/** One branch takes columns of any number, the other those that fit its weight. */
function branching(columns: string) {
  return model({
    inputs: ['bool[] isWide', `float[1,${columns}] x`],
    outputs: ['float[?,?] y'],
    nodes: [
      node('y = If(isWide)', {
        then_branch: graph({ outputs: ['float[?,?] wide'], nodes: [node('wide = Relu(x)')] }),
        else_branch: graph({
          outputs: ['float[?,?] narrow'],
          nodes: [node('narrow = MatMul(x, w)', {}, { name: 'product' })],
        }),
      }),
    ],
    initializers: [weight('float[256,4] w')],
  });
}

function found(columns: string, bounds: Readonly<Record<string, number>>) {
  const built = branching(columns);
  const shaped = inferShapes(built, { bounds: new Map(Object.entries(bounds)) });
  return checkModel({ model: built, shaped, bounds }).filter(({ rule }) => rule === 'structure/shape-conflict');
}

describe('structure/shape-conflict', () => {
  it('only warns of a branch that data choose, where it is the bounds that do not suit it', () => {
    const [finding, ...others] = found('n', { n: 512 });
    assert.equal(finding?.severity, 'warning');
    assert.match(
      finding?.message ?? '',
      /^at the bounds this branch, which data choose, cannot run: .*: found .*, wanted /,
    );
    assert.equal(finding?.location?.node, 'product');
    assert.deepEqual(others, []);
    assert.deepEqual(found('n', { n: 256 }), []);
  });

  it('is an error of such a branch that no size suits, as the runtime has it', () => {
    const [finding] = found('512', {});
    assert.equal(finding?.severity, 'error');
  });
});
