import assert from 'node:assert/strict';
import { runtimeDimensions } from '../../../src/validate/memory/runtime-dimensions.ts';
import { isSized, sizesOf } from '../../../src/validate/memory/value-sizes.ts';
import { inferShapes } from '../../../src/validate/shapes/infer-shapes.ts';
import { model, node, weight } from '../../support/model-builder.ts';

const TWO_AND_REST = weight('int64[2] target', {
  data: { kind: 'memory', bytes: new Uint8Array(BigInt64Array.from([-1n, 8n]).buffer) },
});

/** Rows and columns of a matrix joined, which the runtime does no arithmetic for. */
function folded(valueInfos: readonly string[] = []) {
  return model({
    inputs: ['float[batch, length, 8] x'],
    outputs: ['float[?, 8] z'],
    nodes: [
      node('a = Exp(x)'),
      node('b = Reshape(a, target)'),
      node('c = Neg(b)'),
      node('d = Exp(c)'),
      node('z = Neg(d)'),
    ],
    initializers: [TWO_AND_REST],
    valueInfos,
  });
}

function knownOf(built: ReturnType<typeof model>, name: string) {
  return runtimeDimensions(inferShapes(built)).get(name);
}

function samenessOf(built: ReturnType<typeof model>, name: string): string | null | undefined {
  const bounds = new Map([
    ['batch', 2],
    ['length', 4],
  ]);
  const size = sizesOf(inferShapes(built, { bounds }), inferShapes(built))(name);
  return isSized(size) ? size.sameness : undefined;
}

describe('Dimensions that the runtime knows before any run', () => {
  it('are names of inputs, carried along', () => {
    assert.deepEqual(knownOf(folded(), 'a'), ['batch', 'length', 8]);
  });

  it('get lost where they are computed', () => {
    assert.deepEqual(knownOf(folded(), 'b'), [null, 8]);
    assert.deepEqual(knownOf(folded(), 'c'), [null, 8]);
    assert.equal(samenessOf(folded(), 'c'), null);
  });

  it('are those that the file declares of a value, and are carried along from there', () => {
    const declared = folded(['float[batch*length, 8] b']);
    assert.deepEqual(knownOf(declared, 'b'), ['batch*length', 8]);
    assert.deepEqual(knownOf(declared, 'd'), ['batch*length', 8]);
    assert.equal(samenessOf(declared, 'c'), '4:batch*length,8');
    assert.equal(samenessOf(declared, 'c'), samenessOf(declared, 'd'));
  });

  it('are not carried from a declaration of another rank', () => {
    assert.deepEqual(knownOf(folded(['float[rows] b']), 'b'), [null, 8]);
  });
});
