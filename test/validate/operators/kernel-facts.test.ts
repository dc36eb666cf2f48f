import assert from 'node:assert/strict';
import { SILENT } from '../../../src/nouns/progress.ts';
import {
  acceptedTypes,
  type KernelQuestion,
  kernelFor,
  shippedKernelFacts,
} from '../../../src/validate/operators/kernel-facts.ts';
import { runtimeLimits, schemaHistory } from '../../../src/validate/operators/operator-schemas.ts';
import { probedSchemas, probeKernels } from '../../../src/validate/operators/probe-kernels.ts';
import { runtimeFolder } from '../../support/runtime.ts';

type Row = readonly [
  answer: 'yes' | 'no' | 'unknown',
  opType: string,
  since: number,
  types: KernelQuestion['types'],
  domain?: string,
];

/** Seen on onnxruntime-node 1.30.0 with models of the public corpus, or by hand. */
const ROWS: readonly Row[] = [
  ['yes', 'Add', 14, { T: 'tensor(float)' }],
  ['yes', 'Add', 14, { T: 'tensor(float16)' }],
  ['no', 'Sin', 22, { T: 'tensor(bfloat16)' }],
  ['no', 'Add', 1, { T: 'tensor(float)' }],
  ['no', 'AveragePool', 1, {}],
  ['no', 'Min', 13, { T: 'tensor(int16)' }],
  ['yes', 'CastLike', 19, { T1: 'tensor(bfloat16)', T2: 'tensor(float)' }],
  ['yes', 'If', 25, { B: 'tensor(bool)', V: 'seq(tensor(float))' }],
  ['no', 'ImageDecoder', 20, {}],
  ['yes', 'StringNormalizer', 10, {}],
  ['yes', 'Tokenizer', 1, { T: 'tensor(string)' }, 'com.microsoft'],
  ['no', 'GemmFastGelu', 1, { T: 'tensor(float)' }, 'com.microsoft'],
  ['yes', 'TreeEnsembleClassifier', 3, { T1: 'tensor(double)', T2: 'tensor(string)' }, 'ai.onnx.ml'],
  ['unknown', 'TreeEnsemble', 5, { T: 'tensor(float)' }, 'ai.onnx.ml'],
  ['unknown', 'Frobnicate', 1, {}, 'com.acme'],
  ['unknown', 'constructor', 1, {}],
];

describe('The kernels of the default runtime', () => {
  for (const [answer, opType, since, types, domain = ''] of ROWS) {
    it(`are ${answer} for ${domain}:${opType} of opset ${since} on ${Object.values(types).join(', ') || 'any type'}`, () => {
      assert.equal(kernelFor(shippedKernelFacts(), { domain, opType, since, types }), answer);
    });
  }

  it('tell which types a variable can stand for', () => {
    const types = acceptedTypes(shippedKernelFacts(), { domain: '', opType: 'Tan', since: 22, variable: 'T' });
    assert.deepEqual(types, ['tensor(float)', 'tensor(float16)']);
  });

  it('are known for every schema that models for the runtime can use', () => {
    const { kernels } = shippedKernelFacts();
    const missing = probedSchemas().filter(
      ({ domain, name, since }) => kernels[domain]?.[name]?.[String(since)] === undefined,
    );
    assert.deepEqual(
      missing.map(({ domain, name, since }) => `${domain}:${name}:${since}`),
      [],
    );
    assert.equal(runtimeLimits().irVersion, 13);
  });

  it('are what the runtime itself answers today, for a sample of operators', async function () {
    const folder = runtimeFolder();
    if (folder === undefined) this.skip();
    const sample = ['Add', 'Abs', 'BitShift', 'If', 'Min', 'QuantizeLinear', 'Tan'].flatMap((name) =>
      schemaHistory({ domain: '', name }),
    );
    const probed = new Set(probedSchemas());
    const asked = sample.filter((schema) => probed.has(schema));
    const found = await probeKernels({ runtimeFolder: folder, progress: SILENT, schemas: asked });
    const shipped = shippedKernelFacts();
    assert.equal(found.onnxruntime, shipped.onnxruntime);
    const spelled = ({ typeLists, kernels }: typeof found, name: string, since: number): unknown => {
      const entry = kernels['']?.[name]?.[String(since)];
      return entry?.accepted.map((row) => row.map((place) => typeLists[place]));
    };
    for (const { name, since } of asked)
      assert.deepEqual(spelled(found, name, since), spelled(shipped, name, since), `${name} ${since}`);
  });
});
