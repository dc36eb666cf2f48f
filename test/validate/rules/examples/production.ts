import type { GraphParts } from '../../../support/model-builder.ts';
import { graph, node, weight } from '../../../support/model-builder.ts';
import { type ExampleTable, onModel } from './example.ts';

const IO = { inputs: ['float[batch,3] x'], outputs: ['float[batch,3] y'] };
const RELU = { ...IO, nodes: [node('y = Relu(x)')] };
const ADD = { ...IO, nodes: [node('y = Add(x, w)')], initializers: [weight('float[3] w')] };
const SCORES = { inputs: ['float[batch,3] x'], opsets: { 'ai.onnx': 21, 'ai.onnx.ml': 1 } };
const TEXT = { inputs: ['string[batch] x'], outputs: ['string[batch] y'] };
const TRACE = 'File "/home/ada/project/train.py", line 12, in forward';

const SCALES = weight('float[2] s', {
  data: { kind: 'memory', bytes: new Uint8Array(Float32Array.of(1, 2).buffer) },
});

const withInput = (input: string): GraphParts => ({ ...RELU, inputs: [input], outputs: ['float y'] });
const BATCH = { batch: 32 };

/** A table of 4096 x 8, kept as a list of numbers where `kind` says so. */
const table = (name: string, kind: 'list' | 'raw' = 'raw') =>
  weight(
    `float[4096,8] ${name}`,
    kind === 'raw' ? {} : { data: { kind: 'typed', field: 'float_data', count: 32768, spans: [] } },
  );

const LOOP_BODY = graph({
  name: 'body',
  inputs: ['int64[] i', 'bool[] c', 'float[batch,3] v'],
  outputs: ['bool[] d', 'float[batch,3] w'],
  nodes: [node('d = Identity(c)'), node('w = Relu(v)')],
});

const [FIRST, SECOND] = [table('embedding'), table('head')];
const TABLES = {
  inputs: ['int64[batch] x'],
  outputs: ['float[batch,8] y', 'float[batch,8] z'],
  nodes: [node('y = Gather(embedding, x)'), node('z = Gather(head, x)')],
  initializers: [FIRST, SECOND],
};

export const PRODUCTION: ExampleTable = {
  'production/float64': {
    fails: onModel({ ...RELU, inputs: ['double[batch,3] x'], outputs: ['double[batch,3] y'] }),
    passes: onModel(RELU),
  },
  'production/old-opset': {
    fails: onModel({ ...RELU, opsets: { 'ai.onnx': 6 } }),
    passes: onModel(RELU),
  },
  'production/old-ir': {
    fails: onModel({ ...RELU, irVersion: 3 }),
    passes: onModel(RELU),
  },
  'production/no-default-opset': {
    fails: onModel({ ...RELU, opsets: { 'ai.onnx.ml': 3 } }),
    passes: onModel(RELU),
  },
  'production/unimported-domain': {
    fails: onModel({ ...RELU, nodes: [node('y = com.microsoft.FastGelu(x)')] }),
    passes: onModel({
      ...RELU,
      nodes: [node('y = com.microsoft.FastGelu(x)')],
      opsets: { 'ai.onnx': 21, 'com.microsoft': 1 },
    }),
  },
  'production/fixed-batch': {
    fails: onModel(withInput('float[1,3] x')),
    passes: onModel(withInput('float[batch,3] x')),
  },
  'production/unbounded-dimension': {
    fails: onModel(RELU, { facts: { bounds: {} }, said: 'without bounds' }),
    passes: onModel(RELU, { facts: { bounds: BATCH }, said: 'with bounds: { batch: 32 }' }),
  },
  'production/unnamed-dimension': {
    fails: onModel(withInput('float[?,3] x')),
    passes: onModel(withInput('float[batch,3] x')),
  },
  'production/repeated-symbol': {
    fails: onModel(withInput('float[N,N] x')),
    passes: onModel(withInput('float[batch,length] x')),
  },
  'production/negative-dimension': {
    fails: onModel(withInput('float[-1,3] x')),
    passes: onModel(withInput('float[batch,3] x')),
  },
  'production/initializer-as-input': {
    fails: onModel({ ...ADD, inputs: ['float[batch,3] x', 'float[3] w'] }),
    passes: onModel(ADD),
  },
  'production/dead-weight': {
    fails: onModel({ ...RELU, initializers: [weight('float[3] w')] }),
    passes: onModel(ADD),
  },
  'production/dead-node': {
    fails: onModel({ ...RELU, nodes: [node('y = Relu(x)'), node('z = Abs(x)')] }),
    passes: onModel(RELU),
  },
  'production/duplicate-weight': {
    fails: onModel(TABLES, {
      facts: {
        contentNames: new Map([
          [FIRST, 'same'],
          [SECOND, 'same'],
        ]),
      },
      said: 'where both tables have the same content',
    }),
    passes: onModel(TABLES, {
      facts: {
        contentNames: new Map([
          [FIRST, 'one'],
          [SECOND, 'other'],
        ]),
      },
      said: 'where the tables differ',
    }),
  },
  'production/float-list': {
    fails: onModel({ ...TABLES, initializers: [table('embedding', 'list'), SECOND] }),
    passes: onModel(TABLES),
  },
  'production/inline-weight': {
    fails: onModel({ ...RELU, fileBytes: 1_200_000_000 }),
    passes: onModel({ ...RELU, fileBytes: 40_000 }),
  },
  'production/whole-number-division': {
    fails: onModel({
      inputs: ['int64[batch] total', 'int64[batch] count'],
      outputs: ['int64[batch] y'],
      nodes: [node('y = Div(total, count)')],
    }),
    passes: onModel({
      inputs: ['int64[batch] total', 'int64[batch] count'],
      outputs: ['int64[batch] y'],
      nodes: [node('divisor = Max(count, one)'), node('y = Div(total, divisor)')],
      initializers: [weight('int64[] one')],
    }),
  },
  'production/zipmap': {
    fails: onModel({
      ...SCORES,
      outputs: ['seq(map(int64, float)) y'],
      nodes: [node('y = ai.onnx.ml.ZipMap(x)', { classlabels_int64s: [0, 1, 2] })],
    }),
    passes: onModel({
      ...SCORES,
      outputs: ['float[batch,3] y'],
      nodes: [node('y = ai.onnx.ml.Normalizer(x)', { norm: 'L1' })],
    }),
  },
  'production/loop': {
    fails: onModel({
      ...IO,
      inputs: ['float[batch,3] x', 'int64[] n', 'bool[] more'],
      nodes: [node('y = Loop(n, more, x)', { body: LOOP_BODY })],
    }),
    passes: onModel(RELU),
  },
  'production/data-dependent-shape': {
    fails: onModel({ ...IO, outputs: ['int64[2,found] y'], nodes: [node('y = NonZero(x)')] }),
    passes: onModel(RELU),
  },
  'production/custom-domain': {
    fails: onModel({
      ...RELU,
      nodes: [node('y = com.microsoft.FastGelu(x)')],
      opsets: { 'ai.onnx': 21, 'com.microsoft': 1 },
    }),
    passes: onModel({ ...RELU, nodes: [node('y = Gelu(x)')] }),
  },
  'production/deprecated-operator': {
    fails: onModel({
      ...RELU,
      opsets: { 'ai.onnx': 9 },
      nodes: [node('y = Upsample(x, s)')],
      initializers: [SCALES],
    }),
    passes: onModel({
      ...RELU,
      opsets: { 'ai.onnx': 13 },
      nodes: [node('y = Resize(x, , s)')],
      initializers: [SCALES],
    }),
  },
  'production/unseeded-random': {
    fails: onModel({ ...IO, nodes: [node('n = RandomNormalLike(x)'), node('y = Add(x, n)')] }),
    passes: onModel({ ...IO, nodes: [node('n = RandomNormalLike(x)', { seed: 0.5 }), node('y = Add(x, n)')] }),
  },
  'production/locale': {
    fails: onModel({ ...TEXT, nodes: [node('y = StringNormalizer(x)', { case_change_action: 'LOWER' })] }),
    passes: onModel({
      ...TEXT,
      nodes: [node('y = StringNormalizer(x)', { case_change_action: 'LOWER', locale: 'C.UTF-8' })],
    }),
  },
  'production/leaky-metadata': {
    fails: onModel({
      ...RELU,
      nodes: [node('y = Relu(x)', {}, { metadata: new Map([['pkg.torch.onnx.stack_trace', TRACE]]) })],
    }),
    passes: onModel(RELU),
  },
  'production/shape-contradiction': {
    fails: onModel(
      { ...RELU, outputs: ['float[1] y'] },
      { facts: { trialOutputs: new Map([['y', [7, 3]]]) }, said: 'where a run with a batch of 7 gave [7, 3]' },
    ),
    passes: onModel(RELU, {
      facts: { trialOutputs: new Map([['y', [7, 3]]]) },
      said: 'where a run with a batch of 7 gave [7, 3]',
    }),
  },
  'production/unfed-input': {
    fails: onModel(
      {
        ...IO,
        inputs: ['float[batch,3] x', 'float[3] model/norm/Sub/y:0'],
        nodes: [node('y = Sub(x, model/norm/Sub/y:0)')],
      },
      { facts: { fedInputs: new Set(['x']) }, said: 'with cases that feed x' },
    ),
    passes: onModel(RELU, { facts: { fedInputs: new Set(['x']) }, said: 'with cases that feed x' }),
  },
  'production/training-graph': {
    fails: onModel({ ...RELU, trainingInfoCount: 1 }),
    passes: onModel(RELU),
  },
};
