import assert from 'node:assert/strict';
import type { Model } from '../../../src/onnx/model.ts';
import { checkModel } from '../../../src/validate/rules/check-model.ts';
import { inferShapes } from '../../../src/validate/shapes/infer-shapes.ts';
import { useLoadingChild } from '../../support/loading-child.ts';
import { type AttributeParts, model, node } from '../../support/model-builder.ts';

interface Row {
  readonly node: string;
  readonly inputs: readonly string[];
  /** Types of `y`, and of `z` where there is one. */
  readonly outputs?: readonly string[];
  readonly attributes?: AttributeParts;
  readonly opsets?: Readonly<Record<string, number>>;
}

const LETTERS = { values_int64s: [1, 2], default_int64: 0 };
const ENCODER = { node: 'y = ai.onnx.ml.LabelEncoder(x)', inputs: ['string[2] x'], outputs: ['int64[2] y'] };

/** A node that the runtime refuses, and the same node as it takes it. */
const ROWS: readonly (readonly [what: string, fails: Row, passes: Row])[] = [
  pair('Softmax axis', { node: 'y = Softmax(x)', inputs: ['float[2,3] x'] }, [{ axis: 2 }, { axis: -2 }]),
  pair('LogSoftmax axis', { node: 'y = LogSoftmax(x)', inputs: ['float[2,3] x'] }, [{ axis: -3 }, {}]),
  pair('Flatten axis', { node: 'y = Flatten(x)', inputs: ['float[2,3] x'], opsets: { 'ai.onnx': 9 } }, [
    { axis: -1 },
    { axis: 2 },
  ]),
  byInputs('Softmax of a scalar', 'y = Softmax(x)', [['float[] x'], ['float[1] x']]),
  byInputs('Dropout ratio', 'y = Dropout(x, r)', [
    ['float[2] x', 'float[1] r'],
    ['float[2] x', 'float[] r'],
  ]),
  byInputs('Expand shape', 'y = Expand(x, s)', [
    ['float[2] x', 'int64[] s'],
    ['float[2] x', 'int64[2] s'],
  ]),
  [
    'ConstantOfShape shape',
    { node: 'y = ConstantOfShape(x)', inputs: ['int64[1,2] x'], outputs: ['float y'] },
    { node: 'y = ConstantOfShape(x)', inputs: ['int64[2] x'], outputs: ['float y'] },
  ],
  byInputs('Reshape shape', 'y = Reshape(x, s)', [
    ['float[2] x', 'int64[] s'],
    ['float[2] x', 'int64[1] s'],
  ]),
  byInputs('Trilu input', 'y = Trilu(x)', [['float[2] x'], ['float[2,2] x']]),
  byInputs('Col2Im block', 'y = Col2Im(x, i, b)', [
    ['float[1,9,4] x', 'int64[2] i', 'int64[3] b'],
    ['float[1,9,4] x', 'int64[2] i', 'int64[2] b'],
  ]),
  byInputs('GridSample grid', 'y = GridSample(x, g)', [
    ['float[1,1,4,4] x', 'float[1,6,6,3] g'],
    ['float[1,1,4,4] x', 'float[1,6,6,2] g'],
  ]),
  byInputs('ReverseSequence lengths', 'y = ReverseSequence(x, l)', [
    ['float[3,4] x', 'int64[] l'],
    ['float[3,4] x', 'int64[4] l'],
  ]),
  byInputs('OneHot depth', 'y = OneHot(x, d, v)', [
    ['int64[3] x', 'int64[2] d', 'int64[2] v'],
    ['int64[3] x', 'int64[1] d', 'int64[2] v'],
  ]),
  byInputs('NegativeLogLikelihoodLoss targets', 'y = NegativeLogLikelihoodLoss(x, t)', [
    ['float[3,5,6] x', 'int64[3,7] t'],
    ['float[3,5,6] x', 'int64[3,6] t'],
  ]),
  [
    'Resize sizes and scales',
    { node: 'y = Resize(x, , f, s)', inputs: ['float[1,4] x', 'float[2] f', 'int64[2] s'] },
    { node: 'y = Resize(x, , , s)', inputs: ['float[1,4] x', 'int64[2] s'] },
  ],
  [
    'Resize without both',
    { node: 'y = Resize(x)', inputs: ['float[1,4] x'] },
    { node: 'y = Resize(x, , s)', inputs: ['float[1,4] x', 'float[2] s'] },
  ],
  byInputs('TensorScatter indices', 'y = TensorScatter(x, u, w)', [
    ['float[2,4,5] x', 'float[2,1,5] u', 'int64[3] w'],
    ['float[2,4,5] x', 'float[2,1,5] u', 'int64[2] w'],
  ]),
  pair(
    'RotaryEmbedding heads',
    {
      node: 'y = RotaryEmbedding(x, c, s)',
      inputs: ['float[2,3,8] x', 'float[2,3,2] c', 'float[2,3,2] s'],
    },
    [{}, { num_heads: 2 }],
  ),
  pair('LabelEncoder keys', ENCODER, [LETTERS, { ...LETTERS, keys_strings: ['a', 'b'] }]),
  pair(
    'ConvTranspose kernel',
    {
      node: 'y = ConvTranspose(x, w)',
      inputs: ['float[1,1,3,3] x', 'float[1,2,3,3] w'],
    },
    [{ kernel_shape: [3] }, { kernel_shape: [3, 3] }],
  ),
  pair(
    'BatchNormalization statistics',
    {
      node: 'y, z, u = BatchNormalization(x, s, b, m, v)',
      inputs: ['float[2,3] x', 'float[3] s', 'float[3] b', 'float[3] m', 'float[3] v'],
      outputs: ['float[?,?] y', 'float[?] z', 'float[?] u'],
    },
    [{}, { training_mode: 1 }],
  ),
  pair('CumSum reverse', { node: 'y = CumSum(x, a)', inputs: ['float[3] x', 'int64[] a'] }, [
    { reverse: 2 },
    { reverse: 1 },
  ]),
  pair('Mod fmod', { node: 'y = Mod(x, d)', inputs: ['int64[3] x', 'int64[3] d'] }, [{ fmod: 3 }, { fmod: 1 }]),
  pair('Resize antialias', { node: 'y = Resize(x, , f)', inputs: ['float[1,1,4,4] x', 'float[4] f'] }, [
    { antialias: 1 },
    { antialias: 1, mode: 'linear' },
  ]),
  pair('Cast saturate', { node: 'y = Cast(x)', inputs: ['double[3] x'], outputs: ['float[3] y'] }, [
    { to: 1, saturate: 0 },
    { to: 1 },
  ]),
  pair('RegexFullMatch pattern', { node: 'y = RegexFullMatch(x)', inputs: ['string[3] x'], outputs: ['bool[3] y'] }, [
    {},
    { pattern: 'a+' },
  ]),
];

function pair(
  what: string,
  row: Row,
  [fails, passes]: readonly [AttributeParts, AttributeParts],
): (typeof ROWS)[number] {
  return [what, { ...row, attributes: fails }, { ...row, attributes: passes }];
}

function byInputs(
  what: string,
  text: string,
  [fails, passes]: readonly [readonly string[], readonly string[]],
): (typeof ROWS)[number] {
  return [what, { node: text, inputs: fails }, { node: text, inputs: passes }];
}

function built({ node: text, inputs, outputs, attributes = {}, opsets = { 'ai.onnx': 24 } }: Row): Model {
  // Without a word about its shape, an output says nothing that could be contradicted instead.
  const untyped = `${inputs[0]?.split('[')[0]} y`;
  return model({ inputs, outputs: outputs ?? [untyped], nodes: [node(text, attributes)], opsets });
}

describe('What operators demand of their inputs', () => {
  const load = useLoadingChild();

  for (const [what, fails, passes] of ROWS) {
    it(`is the runtime's word for ${what}`, async () => {
      for (const [row, isRefused] of [
        [fails, true],
        [passes, false],
      ] as const) {
        const made = built(row);
        const outcome = await load(made);
        assert.equal(outcome?.outcome === 'refused', isRefused, JSON.stringify(outcome));
        const errors = checkModel({ model: made, shaped: inferShapes(made) }).filter(
          ({ severity }) => severity === 'error',
        );
        assert.equal(errors.length > 0, isRefused, JSON.stringify(errors));
      }
    });
  }
});
