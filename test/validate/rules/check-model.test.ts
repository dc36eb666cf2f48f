import assert from 'node:assert/strict';
import { shippedKernelFacts } from '../../../src/validate/operators/kernel-facts.ts';
import { allFindings, checkModel } from '../../../src/validate/rules/check-model.ts';
import { inferShapes } from '../../../src/validate/shapes/infer-shapes.ts';
import { graph, model, node, weight } from '../../support/model-builder.ts';

const IO = { inputs: ['float[2,3] x'], outputs: ['float[2,3] y'] };
const GOOD = model({ ...IO, nodes: [node('y = Relu(x)')] });

describe('Checking a model', () => {
  it('finds no error in a good one', () => {
    assert.deepEqual(
      checkModel({ model: GOOD }).filter(({ severity }) => severity === 'error'),
      [],
    );
  });

  it('shows twenty findings of one rule and says how many more there are', () => {
    const nodes = Array.from({ length: 50 }, (_, i) => node(`y${i} = Frobnicate(x)`));
    const found = checkModel({ model: model({ ...IO, nodes: [node('y = Relu(x)'), ...nodes] }) });
    const unknown = found.filter(({ rule }) => rule === 'structure/unknown-operator');
    assert.equal(unknown.length, 20);
    assert.match(unknown.at(-1)?.message ?? '', /\(and 30 more of this rule\)$/);
  });

  it('gives a graph of twenty thousand bad nodes its findings in seconds', () => {
    const nodes = Array.from({ length: 20_000 }, (_, i) => node(`y${i} = Frob${i}(x${i})`));
    const found = allFindings({ model: model({ ...IO, nodes }) });
    assert.ok(found.length > 10_000 && found.length < 60_000);
  }).timeout(60_000);

  it('is at the end of a chain of twenty thousand nodes, in any order', () => {
    const nodes = Array.from({ length: 20_000 }, (_, i) => node(`v${i + 1} = Relu(v${i})`)).reverse();
    const chain = model({ inputs: ['float[2] v0'], outputs: ['float[2] v20000'], nodes });
    assert.deepEqual(
      checkModel({ model: chain }).filter(({ severity }) => severity === 'error'),
      [],
    );
  }).timeout(60_000);

  it('tells the place of a finding in a subgraph', () => {
    const branch = graph({
      name: 'b',
      outputs: ['float[2,3] t'],
      nodes: [node('t = Frobnicate(x)', {}, { name: 'frob' })],
    });
    const nested = model({
      ...IO,
      inputs: ['float[2,3] x', 'bool[] c'],
      nodes: [node('y = If(c)', { then_branch: branch, else_branch: branch }, { name: 'choose' })],
    });
    const places = checkModel({ model: nested }).flatMap(({ rule, location }) =>
      rule === 'structure/unknown-operator' ? [location] : [],
    );
    assert.deepEqual(places, [
      { file: 'model.onnx', graph: 'choose/else_branch', node: 'frob' },
      { file: 'model.onnx', graph: 'choose/then_branch', node: 'frob' },
    ]);
  });

  it('advises another type only where one has a kernel, as none has for what an optimizer fuses for GPUs', () => {
    const mends = ['y = com.microsoft.GroupNorm(x, g, b)', 'y = Relu(x)'].map((text) => {
      const type = text.includes('Relu') ? 'int16' : 'float';
      const inputs = [`${type}[1,4,4,8] x`, 'float[8] g', 'float[8] b'];
      const attributes = text.includes('Relu') ? {} : { epsilon: 1e-5, groups: 2, activation: 0 };
      const built = model({ inputs, outputs: [`${type}[1,4,4,8] y`], nodes: [node(text, attributes)] });
      const found = checkModel({ model: built, shaped: inferShapes(built), kernels: shippedKernelFacts() });
      return found.find(({ rule }) => rule === 'runtime/no-kernel')?.mend;
    });
    assert.match(mends[0] ?? '', /ship the model as it was before/);
    assert.match(mends[1] ?? '', /Convert the value to a type that has a kernel/);
  });

  it('promises no sharing of two weights with one name', () => {
    const [first, second] = [weight('float[512] w'), weight('float[512] w')];
    const nodes = [node('y = Add(x, w)')];
    const twice = model({ inputs: ['float[512] x'], outputs: ['float[512] y'], initializers: [first, second], nodes });
    const contentNames = new Map([first, second].map((tensor) => [tensor, 'same']));
    const rules = checkModel({ model: twice, contentNames }).map(({ rule }) => rule);
    assert.ok(rules.includes('structure/duplicate-initializer'), rules.join());
    assert.ok(!rules.includes('production/duplicate-weight'), rules.join());
  });

  it('judges the type of an output that the file leaves out by what is inferred', () => {
    const untyped = { name: 'y', type: null, docString: '', metadata: new Map<string, string>(), unknown: [] };
    const cast = model({ inputs: ['float[2] x'], outputs: [untyped], nodes: [node('y = Cast(x)', { to: 16 })] });
    const rules = checkModel({ model: cast, shaped: inferShapes(cast) }).map(({ rule }) => rule);
    assert.ok(rules.includes('runtime/binding-type'), rules.join());
  });

  it('knows what kernels refuse when they are made', () => {
    const rnn = { inputs: ['float[3,1,4] x', 'float[1,8,4] w', 'float[1,8,2] r'], outputs: ['float[?,?,?,?] y'] };
    const said = (parts: Parameters<typeof model>[0]): readonly string[] =>
      checkModel({ model: model(parts) }).flatMap(({ rule, message }) =>
        rule === 'runtime/kernel-limit' ? [message] : [],
      );
    const rows: readonly [RegExp | null, Parameters<typeof model>[0]][] = [
      [
        null,
        { ...rnn, nodes: [node('y = LSTM(x, w, r)', { hidden_size: 2, activations: ['SIGMOID', 'Tanh', 'tanh'] })] },
      ],
      [/no attribute hidden_size/, { ...rnn, nodes: [node('y = LSTM(x, w, r)')] }],
      [
        /direction "up"; wanted forward/,
        { ...rnn, nodes: [node('y = GRU(x, w, r)', { hidden_size: 2, direction: 'up' })] },
      ],
      [/an activation/, { ...rnn, nodes: [node('y = RNN(x, w, r)', { hidden_size: 2, activations: ['Odd'] })] }],
      [/norm p/, { ...IO, nodes: [node('y = LpNormalization(x)', { p: 3 })] }],
      [/same axis/, { ...IO, nodes: [node('y = ReverseSequence(x, n)', { time_axis: 1 })] }],
      [null, { ...IO, nodes: [node('y = Relu(x)'), node('unread = LpNormalization(x)', { p: 3 })] }],
      [
        /float8e8m0, which the runtime cannot load/,
        {
          ...IO,
          initializers: [weight('float8e8m0[3] w')],
          nodes: [node('c = Cast(w)', { to: 1 }), node('y = Add(x, c)')],
        },
      ],
    ];
    for (const [wanted, parts] of rows) {
      const found = said(parts);
      if (wanted === null) assert.deepEqual(found, []);
      else assert.match(found.join(), wanted);
    }
  });

  it('leaves functions that nothing calls alone, as the runtime does', () => {
    const unused = node('b = Frobnicate(a)');
    const fn = { ...GOOD, functions: [functionOf(unused)] };
    assert.deepEqual(
      checkModel({ model: fn }).filter(({ severity }) => severity === 'error'),
      [],
    );
  });
});

function functionOf(inside: ReturnType<typeof node>) {
  return {
    name: 'F',
    domain: 'acme',
    overload: '',
    inputs: ['a'],
    outputs: ['b'],
    attributes: [],
    attributeDefaults: [],
    nodes: [inside],
    opsetImports: [],
    valueInfos: [],
    docString: '',
    metadata: new Map(),
    unknown: [],
  };
}
