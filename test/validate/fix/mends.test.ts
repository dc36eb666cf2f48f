import assert from 'node:assert/strict';
import type { Model, Tensor, TensorData } from '../../../src/onnx/model.ts';
import { readTensorBytes } from '../../../src/onnx/read-tensor.ts';
import type { Mend } from '../../../src/validate/fix/mend.ts';
import { mendCommand } from '../../../src/validate/fix/mend-command.ts';
import { MENDS } from '../../../src/validate/fix/mends.ts';
import { checkModel } from '../../../src/validate/rules/check-model.ts';
import { RULE_DESCRIPTIONS } from '../../../src/validate/rules/rules.ts';
import { fn, graph, model, node, weight } from '../../support/model-builder.ts';

const OPTIONS = { externalBytes: 1024 };

const ZIPMAP = (parts: Parameters<typeof model>[0] = {}): Model =>
  model({
    opsets: { 'ai.onnx': 17, 'ai.onnx.ml': 3 },
    inputs: ['float[N,4] x'],
    outputs: ['int64[N] label', 'seq(map(int64,float)) probabilities'],
    initializers: [weight('float[4,3] w')],
    nodes: [
      node('scores = MatMul(x, w)'),
      node('p = Softmax(scores)'),
      node('label = ArgMax(p)', { axis: 1, keepdims: 0 }),
      node('probabilities = ai.onnx.ml.ZipMap(p)', { classlabels_int64s: [7, 8, 9] }),
    ],
    ...parts,
  });

const FILLED = (byte: number, length: number): TensorData => ({
  kind: 'memory',
  bytes: new Uint8Array(length).fill(byte),
});
const LISTED: Partial<Tensor> = { data: { kind: 'typed', field: 'float_data', count: 4096, spans: [] } };

/** For each mend a model that needs it, and what is true of the model afterwards. */
const ROWS: Readonly<Record<string, { readonly broken: Model; readonly check: (mended: Model) => void }>> = {
  'production/no-default-opset': {
    broken: model({
      opsets: { 'ai.onnx.ml': 3 },
      inputs: ['float[N,4] x'],
      outputs: ['float[N,4] y'],
      nodes: [node('y = ai.onnx.ml.Normalizer(x)', { norm: 'MAX' })],
    }),
    check: ({ opsetImports }) => assert.equal(opsetImports.find(({ domain }) => domain === '')?.version, 26),
  },
  'production/zipmap': {
    broken: ZIPMAP(),
    check: (mended) => {
      assert.deepEqual(operators(mended), ['MatMul', 'Softmax', 'ArgMax']);
      assert.deepEqual(mended.graph.outputs[1]?.type, { kind: 'tensor', elementType: 'float', shape: ['N', 3] });
      assert.deepEqual(mended.graph.nodes[1]?.outputs, ['probabilities']);
      assert.deepEqual(mended.graph.nodes[2]?.inputs, ['probabilities']);
      assert.equal(mended.metadata.get('class_labels.probabilities'), '[7,8,9]');
    },
  },
  'runtime/binding-type': {
    broken: model({
      inputs: ['bfloat16[N] x'],
      outputs: ['bfloat16[N] y', 'bool[N] z'],
      nodes: [node('y = Neg(x)'), node('z = IsNaN(y)')],
    }),
    check: ({ graph: { inputs, outputs, nodes } }) => {
      assert.deepEqual([inputs[0]?.type, outputs[0]?.type], [FLOAT_ROW, FLOAT_ROW]);
      assert.deepEqual(
        nodes.map(({ opType, inputs: from, outputs: to }) => `${to} = ${opType}(${from})`),
        ['x_bfloat16 = Cast(x)', 'y_bfloat16 = Neg(x_bfloat16)', 'z = IsNaN(y_bfloat16)', 'y = Cast(y_bfloat16)'],
      );
    },
  },
  'production/dead-node': {
    broken: model({
      inputs: ['float[N] x', 'bool[] c'],
      outputs: ['float[N] y'],
      nodes: [
        node('dead = Neg(x)'),
        node('alive = Abs(x)'),
        node('deader = Exp(dead)'),
        node('y = If(c)', {
          then_branch: graph({ outputs: ['float[N] a'], nodes: [node('a = Sqrt(alive)'), node('b = Ceil(alive)')] }),
          else_branch: graph({ outputs: ['float[N] e'], nodes: [node('e = Identity(x)')] }),
        }),
      ],
    }),
    check: (mended) => {
      assert.deepEqual(operators(mended), ['Abs', 'If']);
      const [branch] = mended.graph.nodes[1]?.attributes ?? [];
      assert.deepEqual(branch?.value.kind === 'graph' && branch.value.value.nodes.map(({ opType }) => opType), [
        'Sqrt',
      ]);
    },
  },
  'production/dead-weight': {
    broken: model({
      irVersion: 3,
      inputs: ['float[4] x', 'float[4] dead', 'float[4] w'],
      outputs: ['float[4] y'],
      initializers: [weight('float[4] dead'), weight('float[4] w')],
      nodes: [node('y = Add(x, w)')],
    }),
    check: ({ graph: { initializers, inputs } }) => {
      assert.deepEqual(
        initializers.map(({ name }) => name),
        ['w'],
      );
      // Without its default the dead one would have to be fed.
      assert.deepEqual(
        inputs.map(({ name }) => name),
        ['x', 'w'],
      );
    },
  },
  'production/initializer-as-input': {
    broken: model({
      irVersion: 3,
      inputs: ['float[4] x', 'float[4] w'],
      outputs: ['float[4] y'],
      initializers: [weight('float[4] w')],
      nodes: [node('y = Add(x, w)')],
    }),
    check: ({ graph: { inputs }, irVersion }) => {
      assert.deepEqual(
        inputs.map(({ name }) => name),
        ['x'],
      );
      assert.equal(irVersion, 4);
    },
  },
  'production/duplicate-weight': {
    broken: model({
      inputs: ['float[N,16] x', 'bool[] c'],
      outputs: ['float[N,16] y'],
      initializers: [
        weight('float[16,16] a', { data: FILLED(1, 1024) }),
        weight('float[16,16] b', { data: FILLED(1, 1024) }),
        weight('float[16,16] other', { data: FILLED(2, 1024) }),
        weight('int32[16,16] integers', { data: FILLED(1, 1024) }),
      ],
      nodes: [
        node('m = MatMul(x, a)'),
        node('n = MatMul(m, other)'),
        node('i = Cast(integers)', { to: 1 }),
        node('o = MatMul(n, i)'),
        node('y = If(c)', {
          then_branch: graph({ outputs: ['float[N,16] t'], nodes: [node('t = MatMul(o, b)')] }),
          else_branch: graph({ outputs: ['float[N,16] e'], nodes: [node('e = Identity(o)')] }),
        }),
      ],
    }),
    check: (mended) => {
      assert.deepEqual(
        mended.graph.initializers.map(({ name }) => name),
        ['a', 'other', 'integers'],
      );
      const [branch] = mended.graph.nodes.at(-1)?.attributes ?? [];
      assert.deepEqual(branch?.value.kind === 'graph' && branch.value.value.nodes[0]?.inputs, ['o', 'a']);
    },
  },
  'production/leaky-metadata': {
    broken: model({
      inputs: ['float[N] x'],
      outputs: ['float[N] y'],
      nodes: [
        node(
          'y = Neg(x)',
          {},
          {
            docString: 'negates',
            metadata: new Map([
              ['pkg.torch.onnx.stack_trace', 'File "/home/jo/train.py", line 12, in forward'],
              ['namespace', 'net/neg'],
            ]),
          },
        ),
      ],
    }),
    check: ({ graph: { nodes } }) => {
      assert.deepEqual([...(nodes[0]?.metadata ?? [])], [['namespace', 'net/neg']]);
      assert.equal(nodes[0]?.docString, 'negates');
    },
  },
  'production/fixed-batch': {
    broken: model({
      inputs: ['float[1,4] x'],
      outputs: ['float[1,3] y'],
      valueInfos: ['float[1,3] m'],
      initializers: [weight('float[4,3] w')],
      nodes: [node('m = MatMul(x, w)'), node('y = Softmax(m)')],
    }),
    check: ({ graph: { inputs, outputs, valueInfos } }) => {
      assert.deepEqual(inputs[0]?.type, { kind: 'tensor', elementType: 'float', shape: ['batch', 4] });
      assert.deepEqual(outputs[0]?.type, { kind: 'tensor', elementType: 'float', shape: ['batch', 3] });
      assert.deepEqual(valueInfos, []);
    },
  },
};

const FLOAT_ROW = { kind: 'tensor', elementType: 'float', shape: ['N'] };

describe('the mends', () => {
  for (const [rule, { broken, check }] of Object.entries(ROWS)) {
    it(`mend ${rule} so that the rule is silent, once and for all`, () => {
      const mend = mendFor(rule);
      const mended = mend.apply(broken, OPTIONS);
      assert.equal(mended.changes.length > 0, true);
      check(mended.model);
      assert.deepEqual(mend.apply(mended.model, OPTIONS).changes, []);
      assert.deepEqual(findingsOf(rule, mended.model), []);
      assert.notDeepEqual(findingsOf(rule, broken), []);
    });
  }

  it('leave a model alone that has nothing to mend, as the very same value', () => {
    const sound = model({
      inputs: ['float[N,4] x'],
      outputs: ['float[N,3] y'],
      initializers: [weight('float[4,3] w')],
      nodes: [node('y = MatMul(x, w)')],
    });
    for (const mend of MENDS) {
      const { model: same, changes } = mend.apply(sound, OPTIONS);
      assert.deepEqual(changes, []);
      assert.equal(same, sound, mend.rule);
    }
  });

  it('write lists of numbers raw only where one is as long as a weight', () => {
    const listed = model({ initializers: [weight('float[4096] w', LISTED), weight('float[1] c', LISTED)] });
    const mend = mendFor('production/float-list');
    assert.deepEqual(mend.apply(listed, OPTIONS).write, { typedToRaw: true });
    const small = model({ initializers: [weight('float[1] c', LISTED)] });
    assert.deepEqual(mend.apply(small, OPTIONS).changes, []);
  });

  it('move weights to a data file from the size on that is asked for', () => {
    const mend = mendFor('production/inline-weight');
    const large = model({ initializers: [weight('float[256] w'), weight('float[255] v')] });
    const { changes, write } = mend.apply(large, OPTIONS);
    assert.deepEqual(changes, ['moved 1 weight of 1.0 KiB to a data file']);
    assert.deepEqual(write, { externalData: { minimumBytes: 1024 } });
  });

  it('keep maps that another node reads', () => {
    const read = ZIPMAP({
      outputs: ['int64[N] label', 'int64[] count'],
      nodes: [...ZIPMAP().graph.nodes, node('count = SequenceLength(probabilities)')],
    });
    assert.deepEqual(mendFor('production/zipmap').apply(read, OPTIONS).changes, []);
  });

  it('copy probabilities that are given out under their own name too', () => {
    const both = ZIPMAP({ outputs: ['float[N,3] p', 'seq(map(int64,float)) probabilities'] });
    const { graph: mended } = mendFor('production/zipmap').apply(both, OPTIONS).model;
    assert.deepEqual(mended.nodes.at(-1)?.opType, 'Identity');
    assert.deepEqual(mended.outputs[0]?.type, { kind: 'tensor', elementType: 'float', shape: ['N', 3] });
  });

  it('say why a batch stays fixed, and leave the model alone', () => {
    const reshaped = model({
      inputs: ['float[1,4] x'],
      outputs: ['float[4] y'],
      nodes: [node('y = Reshape(x, s)')],
      initializers: [
        weight('int64[1] s', { data: { kind: 'memory', bytes: new Uint8Array(new BigInt64Array([4n]).buffer) } }),
      ],
    });
    const { model: same, changes, left } = mendFor('production/fixed-batch').apply(reshaped, OPTIONS);
    assert.equal(same, reshaped);
    assert.deepEqual(changes, []);
    assert.match(left ?? '', /the batch stays fixed/);
  });

  it('do not share weights that a client may name or replace', () => {
    const given = model({
      inputs: ['float[N,16] x', 'float[16,16] a'],
      outputs: ['float[N,16] y', 'float[16,16] b'],
      initializers: ['a', 'b', 'c'].map((name) => weight(`float[16,16] ${name}`)),
      nodes: [node('m = MatMul(x, a)'), node('n = MatMul(m, b)'), node('y = MatMul(n, c)')],
    });
    assert.deepEqual(mendFor('production/duplicate-weight').apply(given, OPTIONS).changes, []);
  });

  it('reach into the bodies of functions', () => {
    const body = fn('y = acme.Twice(x)', [node('y = Add(x, x)'), node('dead = Neg(x)')]);
    const called = model({
      opsets: { 'ai.onnx': 21, acme: 1 },
      inputs: ['float[N] x'],
      outputs: ['float[N] y'],
      nodes: [node('y = acme.Twice(x)')],
      functions: [body],
    });
    const mended = mendFor('production/dead-node').apply(called, OPTIONS).model;
    assert.deepEqual(
      mended.functions[0]?.nodes.map(({ opType }) => opType),
      ['Add'],
    );
  });

  it('stand for every rule that says it has a mend', () => {
    const fixable = RULE_DESCRIPTIONS.filter(({ fixable }) => fixable).map(({ id }) => id);
    const mendable = MENDS.map(({ rule }) => rule);
    assert.deepEqual(
      fixable.filter((id) => !mendable.includes(id)),
      [],
    );
  });

  it('are promised only to findings that they mend', () => {
    const sequences = model({
      inputs: ['seq(float[N]) s', 'bfloat16[N] x', 'optional(float[N]) o'],
      outputs: ['float[N] a', 'bfloat16[N] y', 'seq(float[N]) t'],
      nodes: [node('a = ConcatFromSequence(s)', { axis: 0 }), node('y = Neg(x)'), node('t = Identity(s)')],
    });
    const promises = checkModel({ model: sequences })
      .filter(({ rule }) => rule === 'runtime/binding-type')
      .map(({ location, mend }) => [location?.tensor, mend.includes('--only runtime/binding-type')]);
    assert.deepEqual(Object.fromEntries(promises), { s: false, x: true, o: false, y: true, t: false });
    assert.match(mendFor('runtime/binding-type').apply(sequences, OPTIONS).left ?? '', /"s" \(sequence\) and "t"/);
    const read = ZIPMAP({
      outputs: ['int64[N] label', 'int64[] count'],
      nodes: [...ZIPMAP().graph.nodes, node('count = SequenceLength(probabilities)')],
    });
    const zipmap = checkModel({ model: read }).find(({ rule }) => rule === 'production/zipmap');
    assert.doesNotMatch(zipmap?.mend ?? '', /plimsoll fix/);
  });

  it('are named by a command that a shell takes as it stands', () => {
    assert.equal(
      mendCommand('production/zipmap', "my model's.onnx"),
      "plimsoll fix 'my model'\\''s.onnx' -o 'my model'\\''s.fixed.onnx' --only production/zipmap",
    );
    assert.equal(mendCommand('structure/cycle', 'model.onnx'), undefined);
  });
});

function mendFor(rule: string): Mend {
  const mend = MENDS.find((known) => known.rule === rule);
  assert.ok(mend, rule);
  return mend;
}

function operators({ graph: { nodes } }: Model): readonly string[] {
  return nodes.map(({ opType }) => opType);
}

function findingsOf(rule: string, judged: Model): readonly unknown[] {
  const contentNames = new Map(
    judged.graph.initializers.map((tensor) => {
      const bytes = Buffer.from(readTensorBytes(judged, tensor));
      return [tensor, `${tensor.elementType}[${tensor.dims}]${bytes.toString('hex')}`] as const;
    }),
  );
  return checkModel({ model: judged, contentNames }).filter((finding) => finding.rule === rule);
}
