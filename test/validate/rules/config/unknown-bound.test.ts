import assert from 'node:assert/strict';
import { checkModel } from '../../../../src/validate/rules/check-model.ts';
import { inferShapes } from '../../../../src/validate/shapes/infer-shapes.ts';
import { fn, model, node } from '../../../support/model-builder.ts';

const MODEL = model({
  inputs: ['float[batch,?] x', 'string[batch] t'],
  outputs: ['float[] y'],
  nodes: [
    node('n = NonZero(x)', {}, { name: 'n' }),
    node('f = Cast(n)', { to: 1 }, { name: 'f' }),
    node('y = local.F(f)', {}, { name: 'y' }),
    node('s = Identity(t)', {}, { name: 's' }),
  ],
  opsets: { 'ai.onnx': 21, local: 1 },
  functions: [fn('b = local.F(a)', [node('inner = NonZero(a)'), node('b = Cast(inner)', { to: 1 })])],
});

describe('config/unknown-bound', () => {
  const rows: readonly (readonly [bound: string, said: RegExp | null])[] = [
    ['batch', null],
    ['x[1]', null],
    ['t[letters]', null],
    ['n[1]', null],
    ['_inlfunc_local_F_inner[1]', null],
    ['x[0]', /it is called "batch"/],
    ['n[0]', /it is always 2/],
    ['n[2]', /it has 2 dimensions/],
    ['s[0]', /it is always 4/],
    ['x[letters]', /no dimension of the model is called/],
    ['m[0]', /no dimension of the model is called/],
  ];
  for (const [bound, said] of rows) {
    it(`${said === null ? 'takes' : 'says what is wrong with'} a bound for ${bound}`, () => {
      const bounds = { batch: 4, 'x[1]': 8, [bound]: 4 };
      const shaped = inferShapes(MODEL, { bounds: new Map(Object.entries(bounds)) });
      const found = checkModel({ model: MODEL, shaped, bounds }).filter(({ rule }) => rule === 'config/unknown-bound');
      if (said === null) assert.deepEqual(found, []);
      else assert.match(found.map(({ message }) => message).join(), said);
    });
  }

  it('takes a bound for a dimension that an older exporter wrote as -1', () => {
    const old = model({
      inputs: ['float[-1, 3] x'],
      outputs: ['float[-1, 3] y'],
      nodes: [node('y = Relu(x)')],
    });
    const bounds = { 'x[0]': 4 };
    const shaped = inferShapes(old, { bounds: new Map(Object.entries(bounds)) });
    const found = checkModel({ model: old, shaped, bounds }).map(({ rule }) => rule);
    assert.ok(!found.includes('config/unknown-bound'), found.join());
  });
});
