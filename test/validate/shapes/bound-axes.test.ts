import assert from 'node:assert/strict';
import { inferShapes } from '../../../src/validate/shapes/infer-shapes.ts';
import { upperBound } from '../../../src/validate/shapes/size/range.ts';
import { fn, graph, type ModelParts, model, node } from '../../support/model-builder.ts';

/** The most that each dimension of a value can be, at these bounds; `null` for one that is open. */
function most(parts: ModelParts, name: string, bounds: Readonly<Record<string, number>>) {
  const fact = inferShapes(model(parts), { bounds: new Map(Object.entries(bounds)) }).values.get(name);
  return fact?.kind === 'tensor' && fact.shape ? fact.shape.map(upperBound) : null;
}

const MICROSOFT = { 'ai.onnx': 21, 'com.microsoft': 1 };

const TOKENS: ModelParts = {
  inputs: ['string[batch] text'],
  outputs: ['string[] tokens'],
  nodes: [
    node('clean = StringNormalizer(text)', { case_change_action: 'LOWER' }),
    node('tokens = com.microsoft.Tokenizer(clean)', { mincharnum: 2, tokenexp: '[a-z]+' }),
    node('again = Identity(tokens)'),
  ],
  opsets: MICROSOFT,
};

describe('Bounds inside the graph', () => {
  it('bound a size that the data decides, and what is made of it', () => {
    assert.deepEqual(most(TOKENS, 'tokens', { batch: 4 }), [4, null]);
    assert.deepEqual(most(TOKENS, 'tokens', { batch: 4, 'tokens[1]': 7 }), [4, 7]);
    assert.deepEqual(most(TOKENS, 'again', { batch: 4, 'tokens[1]': 7 }), [4, 7]);
  });

  it('count where they are less than what follows from the operator, and for all outputs that are as large', () => {
    const parts = { inputs: ['float[n] x'], outputs: [], nodes: [node('y, first, each, counts = Unique(x)')] };
    assert.deepEqual(most(parts, 'y', { n: 9 }), [9]);
    assert.deepEqual(most(parts, 'y', { n: 9, 'y[0]': 20 }), [9]);
    assert.deepEqual(most(parts, 'y', { n: 9, 'y[0]': 5 }), [5]);
    assert.deepEqual(most(parts, 'counts', { n: 9, 'y[0]': 5 }), [5]);
    assert.deepEqual(most(parts, 'each', { n: 9, 'y[0]': 5 }), [9]);
  });

  it('leave alone what is known without them', () => {
    const parts = { inputs: ['float[n,3] x'], outputs: [], nodes: [node('y = Relu(x)')] };
    assert.deepEqual(most(parts, 'y', { n: 9, 'y[0]': 5, 'y[1]': 1 }), [9, 3]);
  });

  it('give a rank where every axis from the first on has one', () => {
    const parts = {
      inputs: ['float[n] x', 'int64[?] to'],
      outputs: [],
      nodes: [node('y = Reshape(x, to)'), node('z = Neg(y)')],
    };
    assert.equal(most(parts, 'z', { n: 9, 'to[0]': 3 }) !== null, true, 'as many as the target has');
    const open = { ...parts, inputs: ['float[n] x', 'int64[m] to'] };
    assert.equal(most(open, 'z', { n: 9 }), null);
    assert.equal(most(open, 'z', { n: 9, 'y[1]': 3 }), null);
    assert.deepEqual(most(open, 'z', { n: 9, 'y[0]': 3, 'y[1]': 4 }), [3, 4]);
  });

  it('hold in graphs within graphs, and not in functions, whose names are their own', () => {
    const branch = (op: string) => graph({ outputs: ['int64[] i'], nodes: [node(`i = ${op}(x)`)] });
    const parts = {
      inputs: ['bool[] c', 'float[n] x'],
      outputs: [],
      nodes: [node('y = If(c)', { then_branch: branch('NonZero'), else_branch: branch('NonZero') })],
    };
    assert.deepEqual(most(parts, 'y', { n: 9, 'i[1]': 4 }), [1, 4]);
    const called = {
      inputs: ['float[n] x'],
      outputs: [],
      nodes: [node('y = local.F(x)')],
      opsets: { 'ai.onnx': 21, local: 1 },
      functions: [fn('i = local.F(a)', [node('i = NonZero(a)')])],
    };
    assert.deepEqual(most(called, 'y', { n: 9, 'i[1]': 4 }), [1, 9]);
  });
});

describe('The longest text', () => {
  it('bounds how many tokens come of it, also after it was changed', () => {
    assert.deepEqual(most(TOKENS, 'tokens', { batch: 4, 'text[letters]': 101 }), [4, 50]);
  });

  it('counts the marks at both ends', () => {
    const [, tokenizer] = TOKENS.nodes ?? [];
    const marked = { ...TOKENS, nodes: [node('tokens = com.microsoft.Tokenizer(text)', { mark: 1, mincharnum: 1 })] };
    assert.ok(tokenizer);
    assert.deepEqual(most(marked, 'tokens', { batch: 4, 'text[letters]': 10 }), [4, 12]);
  });

  it('is that of both texts where they are joined, and is forgotten where other texts may come', () => {
    const split = (made: string): ModelParts => ({
      inputs: ['string[n] a', 'string[n] b'],
      outputs: [],
      nodes: [node(`t = ${made}`), node('parts, count = StringSplit(t)')],
    });
    const bounds = { n: 2, 'a[letters]': 3, 'b[letters]': 4 };
    assert.deepEqual(most(split('StringConcat(a, b)'), 'parts', bounds), [2, 8]);
    assert.deepEqual(most(split('StringConcat(a, b)'), 'parts', { n: 2, 'a[letters]': 3 }), [2, null]);
    assert.deepEqual(most(split('Identity(a)'), 'parts', { n: 2, 'b[letters]': 4 }), [2, null]);
  });
});
