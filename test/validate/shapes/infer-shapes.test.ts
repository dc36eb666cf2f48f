import assert from 'node:assert/strict';
import { renderFact } from '../../../src/validate/shapes/fact.ts';
import { type InferOptions, inferShapes } from '../../../src/validate/shapes/infer-shapes.ts';
import { upperBound } from '../../../src/validate/shapes/size/range.ts';
import { fn, graph, type ModelParts, model, node, weight } from '../../support/model-builder.ts';

/** What is inferred for a value, and why it is open where it is; unknown sizes are shown without their numbers. */
function infer(parts: ModelParts, name: string, options: InferOptions = {}): string {
  return describeValue(parts, name, options).replaceAll(/\?\d+/g, '?');
}

function describeValue(parts: ModelParts, name: string, options: InferOptions): string {
  const fact = inferShapes(model(parts), options).values.get(name);
  if (!fact) return 'nothing';
  if (fact.kind === 'unknown') return `unknown: ${fact.reason}`;
  return fact.kind === 'tensor' && fact.shape === null ? `${renderFact(fact)}: ${fact.reason}` : renderFact(fact);
}

const int64s = (name: string, values: readonly number[]) =>
  weight(`int64[${values.length}] ${name}`, {
    data: { kind: 'memory', bytes: new Uint8Array(new BigInt64Array(values.map(BigInt)).buffer) },
  });

describe('inferShapes', () => {
  const rows: readonly [title: string, parts: ModelParts, value: string, wanted: string][] = [
    [
      'takes features by indices of any shape, one after another, as nearest neighbours do',
      {
        inputs: ['float[1,4000] x', 'int64[batch,5] nearest'],
        nodes: [node('y = ai.onnx.ml.ArrayFeatureExtractor(x, nearest)')],
      },
      'y',
      'float[1, 5*batch]',
    ],
    [
      'follows shape arithmetic symbolically through Shape, Gather, Mul, Concat and Reshape',
      {
        inputs: ['float[batch,seq,12] x'],
        initializers: [int64s('zero', [0]), int64s('one', [1]), int64s('rest', [3, -1])],
        nodes: [
          node('shape = Shape(x)'),
          node('b = Gather(shape, zero)'),
          node('s = Gather(shape, one)'),
          node('bs = Mul(b, s)'),
          node('target = Concat(bs, rest)', { axis: 0 }),
          node('y = Reshape(x, target)'),
        ],
      },
      'y',
      'float[batch*seq, 3, 4]',
    ],
    [
      'divides a dimension into heads whatever the batch is',
      {
        inputs: ['float[b,s,768] x'],
        initializers: [int64s('to', [0, 0, 12, 64])],
        nodes: [node('y = Reshape(x, to)')],
      },
      'y',
      'float[b, s, 12, 64]',
    ],
    [
      'gives convolutions over open images their formula',
      {
        inputs: ['float[n,3,h,224] x'],
        initializers: [weight('float[8,3,3,3] w')],
        nodes: [node('y = Conv(x, w)', { strides: [2, 2], pads: [1, 1, 1, 1] })],
      },
      'y',
      'float[n, 8, floor((h + 1)/2), 112]',
    ],
    [
      'adds what is concatenated',
      { inputs: ['float[b,past,8] x', 'float[b,new,8] y'], nodes: [node('z = Concat(x, y)', { axis: 1 })] },
      'z',
      'float[b, new + past, 8]',
    ],
    [
      'takes names that exporters write as sums for sums',
      { inputs: ['float[b,past] x', 'float[b,past + 1] m'], nodes: [node('z = Concat(x, m)', { axis: 1 })] },
      'z',
      'float[b, 2*past + 1]',
    ],
    [
      'says that an input has no declared shape',
      { inputs: ['float x'], nodes: [node('y = Relu(x)')] },
      'y',
      'float[…]: input x has no declared shape',
    ],
    [
      'says that an operator is not known, and takes the declaration at its word',
      {
        inputs: ['float[2] x'],
        outputs: ['float[k,3] y'],
        nodes: [node('y = com.example.Foo(x)'), node('z = com.example.Foo(x)')],
      },
      'z',
      'unknown: no rule for com.example:Foo',
    ],
    [
      'keeps the rank where only the number of axes is known',
      { inputs: ['float[2,6] x', 'int64[3] shape'], nodes: [node('y = Reshape(x, shape)')] },
      'y',
      'float[?, ?, ?]',
    ],
    [
      'leaves out by step what a slice leaves out',
      {
        inputs: ['float[n] x'],
        initializers: [int64s('from', [1]), int64s('to', [2 ** 31]), int64s('axes', [0]), int64s('step', [2])],
        nodes: [node('y = Slice(x, from, to, axes, step)')],
      },
      'y',
      'float[floor(n/2)]',
    ],
    [
      'takes the branch that a known condition takes',
      {
        inputs: ['float[n,1] x'],
        nodes: [
          node('rank = Size(s)'),
          node('s = Shape(x)'),
          node('two = Constant()', { value_int: 2 }),
          node('is = Equal(rank, two)'),
          node('y = If(is)', {
            then_branch: graph({ outputs: ['float a'], nodes: [node('a = Flatten(x)', { axis: 0 })] }),
            else_branch: graph({ outputs: ['float b'], nodes: [node('b = Identity(x)')] }),
          }),
        ],
      },
      'y',
      'float[1, n]',
    ],
    [
      'joins the branches of a condition that is not known',
      {
        inputs: ['float[n,1] x', 'bool[] is'],
        nodes: [
          node('y = If(is)', {
            then_branch: graph({ outputs: ['float a'], nodes: [node('a = Concat(x, x)', { axis: 0 })] }),
            else_branch: graph({ outputs: ['float b'], nodes: [node('b = Identity(x)')] }),
          }),
        ],
      },
      'y',
      'float[?, 1]',
    ],
    [
      'counts the rounds of a loop whose number is a dimension',
      {
        inputs: ['float[n,4] x'],
        nodes: [
          node('shape = Shape(x)', { end: 1 }),
          node('rounds = Squeeze(shape)'),
          node('last, all = Loop(rounds, , x)', {
            body: graph({
              inputs: ['int64[] i', 'bool[] c', 'float[n,4] v'],
              outputs: ['bool c', 'float w', 'float[4] r'],
              nodes: [node('w = Relu(v)'), node('r = ReduceMax(w, zero)', { keepdims: 0 })],
            }),
          }),
        ],
        initializers: [int64s('zero', [0])],
      },
      'all',
      'float[n, 4]',
    ],
    [
      'goes through a short loop round by round, so that what grows is known',
      {
        inputs: ['float[n] x'],
        nodes: [
          node('three = Constant()', { value_int: 3 }),
          node('y = Loop(three, , x)', {
            body: graph({
              inputs: ['int64[] i', 'bool[] c', 'float[n] v'],
              outputs: ['bool c', 'float w'],
              nodes: [node('w = Concat(v, x)', { axis: 0 })],
            }),
          }),
        ],
      },
      'y',
      'float[4*n]',
    ],
    [
      'does not guess how far a loop of unknown length grows a tensor',
      {
        inputs: ['float[n,2] x', 'int64[] rounds'],
        nodes: [
          node('y = Loop(rounds, , x)', {
            body: graph({
              inputs: ['int64[] i', 'bool[] c', 'float[n,2] v'],
              outputs: ['bool c', 'float w'],
              nodes: [node('w = Concat(v, v)', { axis: 0 })],
            }),
          }),
        ],
      },
      'y',
      'float[?, 2]',
    ],
    [
      'infers a function for each call, its attributes bound',
      {
        inputs: ['float[n,3] x'],
        opsets: { 'ai.onnx': 21, acme: 1 },
        functions: [
          fn(
            'y = acme.Twice(x)',
            [
              node('y = Concat(x, x)', {
                axis: { name: 'axis', reference: 'along', docString: '', unknown: [], value: { kind: 'undefined' } },
              }),
            ],
            { attributes: ['along'] },
          ),
        ],
        nodes: [node('a = acme.Twice(x)', { along: 0 }), node('y = acme.Twice(a)', { along: 1 })],
      },
      'y',
      'float[2*n, 6]',
    ],
    [
      'tells unknowns of one call from those of another',
      {
        inputs: ['float[9] x', 'float[9] z'],
        opsets: { 'ai.onnx': 21, acme: 1 },
        functions: [fn('y = acme.Some(x)', [node('y = NonZero(x)')])],
        nodes: [node('a = acme.Some(x)'), node('b = acme.Some(z)'), node('y = Concat(a, b)', { axis: 1 })],
      },
      'y',
      'int64[1, ? + ?]',
    ],
    [
      'knows the items of a sequence one by one',
      {
        inputs: ['float[2] x', 'float[n] y'],
        nodes: [
          node('s = SequenceConstruct(x, y)'),
          node('one = Constant()', { value_int: 1 }),
          node('z = SequenceAt(s, one)'),
        ],
      },
      'z',
      'float[n]',
    ],
    [
      'finds the nodes in an order in which they can run',
      { inputs: ['float[n] x'], nodes: [node('z = Relu(y)'), node('y = Relu(x)')] },
      'z',
      'float[n]',
    ],
  ];
  for (const [title, parts, value, wanted] of rows) {
    it(title, () => assert.equal(infer(parts, value), wanted));
  }

  it('puts bounds in the place of names, unnamed dimensions called by their place', () => {
    const parts = { inputs: ['float[batch,?,batch + 1] x'], nodes: [node('y = Identity(x)')] };
    const bounds = new Map([
      ['batch', 32],
      ['x[1]', 7],
    ]);
    assert.equal(infer(parts, 'y', { bounds }), 'float[32, 7, 33]');
  });

  it('bounds what the data decide by its declared name', () => {
    const parts = { inputs: ['float[1000] x'], outputs: ['int64[1,found] y'], nodes: [node('y = NonZero(x)')] };
    const bound = (bounds: ReadonlyMap<string, number>) => {
      const fact = inferShapes(model(parts), { bounds }).values.get('y');
      return fact?.kind === 'tensor' ? upperBound(fact.shape?.[1] ?? -1) : null;
    };
    assert.equal(bound(new Map()), 1000);
    assert.equal(bound(new Map([['found', 50]])), 50);
  });

  it('takes shapes of inputs in place of the declared ones, and lets defaults be replaced only when told', () => {
    const parts: ModelParts = {
      inputs: ['float[n,6] x', 'int64[2] to'],
      initializers: [int64s('to', [-1, 3])],
      nodes: [node('y = Reshape(x, to)')],
    };
    assert.equal(infer(parts, 'y'), 'float[2*n, 3]');
    assert.equal(infer(parts, 'y', { inputShapes: new Map([['x', [5, 6]]]) }), 'float[10, 3]');
    assert.equal(infer(parts, 'y', { defaultsHold: false }), 'float[?, ?]');
  });

  const conflicts: readonly [title: string, parts: ModelParts, message: RegExp][] = [
    [
      'inner dimensions of a product that differ',
      { inputs: ['float[2,3] x', 'float[4,5] y'], nodes: [node('z = MatMul(x, y)')] },
      /no matrix product/,
    ],
    [
      'ranks that cannot be concatenated',
      { inputs: ['float[2,3] x', 'float[2] y'], nodes: [node('z = Concat(x, y)', { axis: 0 })] },
      /cannot be concatenated/,
    ],
    [
      'a reshape to another number of elements',
      { inputs: ['float[2,3] x'], initializers: [int64s('to', [7])], nodes: [node('z = Reshape(x, to)')] },
      /another number of elements/,
    ],
    [
      'a declared shape that is not what comes out',
      { inputs: ['float[2,3] x'], outputs: ['float[2,4] y'], nodes: [node('y = Relu(x)')] },
      /declared dimension/,
    ],
    [
      'a declared type that is not what comes out',
      { inputs: ['float[2,3] x'], outputs: ['int64[2,3] y'], nodes: [node('y = Relu(x)')] },
      /declared element type/,
    ],
    [
      'a window that is larger than its image',
      { inputs: ['float[1,1,2,2] x'], initializers: [weight('float[1,1,9,9] w')], nodes: [node('y = Conv(x, w)')] },
      /below zero/,
    ],
    [
      'a Scan over more inputs than there are',
      {
        inputs: ['float[2] x'],
        nodes: [
          node('y = Scan(x)', {
            num_scan_inputs: 2 ** 40,
            body: graph({ inputs: ['float[] e'], outputs: ['float[] f'], nodes: [node('f = Neg(e)')] }),
          }),
        ],
      },
      /num_scan_inputs/,
    ],
    ['an EyeLike of a tensor of rank 3', { inputs: ['float[2,2,2] x'], nodes: [node('y = EyeLike(x)')] }, /wrong rank/],
    [
      'a TfIdfVectorizer of a tensor of rank 3',
      {
        opsets: { 'ai.onnx': 9 },
        inputs: ['int64[2,2,2] x'],
        nodes: [node('y = TfIdfVectorizer(x)', { ngram_indexes: [0, 1] })],
      },
      /wrong rank/,
    ],
    [
      'sizes of a Resize that are not one for each axis, whatever they are',
      { inputs: ['float[2,3] x', 'int64[3] sizes'], nodes: [node('y = Resize(x, , , sizes)')] },
      /one of the sizes for each axis/,
    ],
    [
      'a GridSample of a grid of another rank',
      { inputs: ['float[1,1,2,2,2] x', 'float[1,2,2,2] grid'], nodes: [node('y = GridSample(x, grid)')] },
      /wrong rank/,
    ],
    [
      'three values of a OneHot',
      { inputs: ['int64[2] x', 'int64[] d', 'float[3] v'], nodes: [node('y = OneHot(x, d, v)')] },
      /a value for off/,
    ],
    [
      'targets of a loss with as many dimensions as its scores',
      { inputs: ['float[2,3] x', 'int64[2,3] t'], nodes: [node('y = NegativeLogLikelihoodLoss(x, t)')] },
      /wrong rank/,
    ],
    [
      'statistics that are not one for each channel',
      {
        inputs: ['float[2,3,4] x', 'float[2] s', 'float[3] b', 'float[3] m', 'float[3] v'],
        nodes: [node('y = BatchNormalization(x, s, b, m, v)')],
      },
      /one statistic for each channel/,
    ],
    [
      'a Split that nothing tells its parts',
      { inputs: ['float[4] x'], nodes: [node('y, z = Split(x)')] },
      /what the parts are/,
    ],
    [
      'branches of two types',
      {
        inputs: ['float[2] x', 'bool[] c'],
        nodes: [
          node('y = If(c)', {
            then_branch: graph({ outputs: ['float[2] a'], nodes: [node('a = Neg(x)')] }),
            else_branch: graph({ outputs: ['int64[2] b'], nodes: [node('b = Cast(x)', { to: 7 })] }),
          }),
        ],
      },
      /in two types/,
    ],
    [
      'a tensor beyond any machine',
      { inputs: ['float[4294967296,4294967296] x'], nodes: [node('y = Flatten(x)', { axis: 0 })] },
      /2\^53/,
    ],
  ];
  for (const [title, parts, message] of conflicts) {
    it(`reports ${title}`, () => {
      const [conflict] = inferShapes(model(parts)).conflicts;
      assert.match(conflict?.message ?? 'no conflict', message);
    });
  }

  it('reports nothing of a branch that is never taken', () => {
    const parts: ModelParts = {
      inputs: ['float[2,3] x'],
      nodes: [
        node('no = Constant()', { value_int: 0 }),
        node('is = Cast(no)', { to: 9 }),
        node('y = If(is)', {
          then_branch: graph({ outputs: ['float a'], nodes: [node('a = MatMul(x, x)')] }),
          else_branch: graph({ outputs: ['float b'], nodes: [node('b = Identity(x)')] }),
        }),
      ],
    };
    assert.deepEqual(inferShapes(model(parts)).conflicts, []);
    assert.equal(infer(parts, 'y'), 'float[2, 3]');
  });
});
