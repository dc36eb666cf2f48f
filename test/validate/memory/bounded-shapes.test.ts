import assert from 'node:assert/strict';
import { boundedShapes } from '../../../src/validate/memory/bounded-shapes.ts';
import { inferShapes } from '../../../src/validate/shapes/infer-shapes.ts';
import { haveSameShapes } from '../../../src/validate/shapes/shapes-at-bounds.ts';
import { model, node } from '../../support/model-builder.ts';

describe('Shapes at the bounds of a search', () => {
  const built = () =>
    model({
      inputs: ['float[batch, length, 16] x'],
      outputs: ['float[batch, length, length] y'],
      nodes: [node('a = Transpose(x)', { perm: [0, 2, 1] }), node('y = MatMul(x, a)')],
    });

  it('are those that inference finds, at every number of every name', () => {
    const searched = built();
    for (const [batch, length] of [
      [8, 128],
      [1, 128],
      [10, 128],
      [64, 1],
      [64, 7],
      [1, 1],
    ] as const) {
      const bounds = new Map([
        ['batch', batch],
        ['length', length],
      ] as const);
      const inferred = inferShapes(searched, { bounds });
      assert.ok(haveSameShapes(boundedShapes(searched, bounds), inferred), `${batch}, ${length}`);
    }
  });

  it('are inferred twice, however many names they have and whichever of them is asked about', () => {
    const searched = built();
    let inferences = 0;
    // Each reads them once.
    const counted = Object.defineProperty({ ...searched }, 'opsetImports', {
      get: () => {
        inferences++;
        return searched.opsetImports;
      },
    });
    for (const [batch, length] of [
      [8, 128],
      [4, 128],
      [8, 64],
      [300, 32],
      [1, 16],
    ] as const)
      boundedShapes(
        counted,
        new Map([
          ['batch', batch],
          ['length', length],
        ] as const),
      );
    // Once more without bounds.
    assert.equal(inferences, 3);
  });
});
