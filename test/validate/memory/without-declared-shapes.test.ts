import assert from 'node:assert/strict';
import { withoutDeclaredShapes } from '../../../src/validate/memory/without-declared-shapes.ts';
import { DECLARED, layers } from '../../support/declared-layers.ts';

const BOUNDS = new Map([
  ['batch', 16],
  ['length', 64],
]);

describe('What a file declares of its values', () => {
  it('is left out where a buffer would be held for a later value meanwhile', () => {
    const found = withoutDeclaredShapes(DECLARED, { bounds: BOUNDS, profile: 'lean' });
    assert.deepEqual(found?.model.graph.valueInfos, []);
    const gain = (found?.declaredBytes ?? 0) - (found?.bytes ?? 0);
    assert.ok(gain >= 60 * 4 * 1024, `${gain}`);
  });

  it('stays where nothing is won, and where a size is open', () => {
    const alone = layers('float[batch*length, 64] again');
    assert.equal(withoutDeclaredShapes(alone, { bounds: BOUNDS, profile: 'lean' }), null);
    assert.equal(withoutDeclaredShapes(layers(), { bounds: BOUNDS, profile: 'lean' }), null);
    assert.equal(withoutDeclaredShapes(DECLARED, { bounds: new Map(), profile: 'lean' }), null);
  });
});
