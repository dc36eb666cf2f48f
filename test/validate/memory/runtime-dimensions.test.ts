import assert from 'node:assert/strict';
import { runtimeDimensions } from '../../../src/validate/memory/runtime-dimensions.ts';
import { isSized, sizesOf } from '../../../src/validate/memory/value-sizes.ts';
import { inferShapes } from '../../../src/validate/shapes/infer-shapes.ts';
import { graph, model, node, weight } from '../../support/model-builder.ts';

const TWO_AND_REST = weight('int64[2] target', {
  data: { kind: 'memory', bytes: new Uint8Array(BigInt64Array.from([-1n, 8n]).buffer) },
});

function index(name: string, value: bigint) {
  return weight(`int64[1] ${name}`, {
    data: { kind: 'memory', bytes: new Uint8Array(BigInt64Array.of(value).buffer) },
  });
}

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

  it('are none of the state that a loop leaves, nor of what is made of it, unless the file declares them', () => {
    const looped = (valueInfos: readonly string[] = []) =>
      model({
        inputs: ['int64[] count', 'float[batch, 8] x'],
        outputs: ['float[?, ?] z', 'float[?, ?, 8] scanned'],
        nodes: [
          node('last, scanned = Loop(count, , x)', {
            body: graph({
              inputs: ['int64[] round', 'bool[] going', 'float[?, ?] state'],
              outputs: ['bool[] on', 'float[?, ?] next', 'float[?, ?] row'],
              nodes: [node('on = Identity(going)'), node('next = Exp(state)'), node('row = Neg(state)')],
            }),
          }),
          node('y = Exp(last)'),
          node('z = Neg(y)'),
        ],
        valueInfos,
      });
    assert.deepEqual(knownOf(looped(), 'last'), [null, null]);
    assert.deepEqual(knownOf(looped(), 'y'), [null, null]);
    assert.deepEqual(knownOf(looped(['float[batch, 8] last']), 'y'), ['batch', 8]);
  });

  it('are none of what is cut or repeated by computed numbers, on any axis', () => {
    const cut = model({
      inputs: ['float[batch, length, 8] x'],
      outputs: ['float[?, ?, ?] z'],
      nodes: [
        node('shape = Shape(x)'),
        node('length = Slice(shape, one, two)'),
        node('part = Slice(x, zero, length, one)'),
        node('biased = Add(part, bias)'),
        node('repeated = Expand(bias, shape)'),
        node('z = Exp(part)'),
      ],
      initializers: [weight('float[8] bias'), index('zero', 0n), index('one', 1n), index('two', 2n)],
    });
    assert.deepEqual(knownOf(cut, 'part'), [null, null, null]);
    assert.deepEqual(knownOf(cut, 'z'), [null, null, null]);
    assert.deepEqual(knownOf(cut, 'biased'), [null, null, 8]);
    assert.deepEqual(knownOf(cut, 'repeated'), [null, null, null]);
    assert.deepEqual(knownOf(cut, 'length'), [1]);
  });

  it('are those of any tensor that is joined, and of a sequence alone where its state is known by less', () => {
    const joined = model({
      inputs: ['float[length, batch, 8] x', 'float[1, 8] row', 'float[1, 1, 4] zeros'],
      outputs: ['float[?, 1, ?, 4] z'],
      nodes: [
        node('shape = Shape(x)'),
        node('others = Expand(row, shape)'),
        node('rows = Slice(shape, one, two)'),
        node('wanted = Concat(one, rows, one)', { axis: 0 }),
        node('state = Expand(zeros, wanted)'),
        node('both = Concat(x, others)', { axis: 2 }),
        node('y = LSTM(both, w, r, , , state, state)', { hidden_size: 4 }),
        node('z = Exp(y)'),
      ],
      initializers: [weight('float[1, 16, 16] w'), weight('float[1, 16, 4] r'), index('one', 1n), index('two', 2n)],
    });
    assert.deepEqual(knownOf(joined, 'both')?.slice(0, 2), ['length', 'batch']);
    assert.deepEqual(knownOf(joined, 'y'), ['length', 1, 'batch', 4]);
  });
});
