import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Model } from '../../../src/onnx/model.ts';
import { readModel } from '../../../src/onnx/read-model.ts';
import { type Assay, assayModel } from '../../../src/validate/runtime/assay.ts';
import type { PreparedModel } from '../../../src/validate/runtime/prepare-model.ts';
import type { TensorValues } from '../../../src/validate/runtime/tensor-value.ts';
import { runtimeOrSkip } from '../../support/runtime.ts';
import { denseLayers, floats, node, saveModel, value } from './build-model.ts';
import { installStrangeRuntime } from './strange-runtime.ts';

const LIMITS = { timeoutMs: 30_000, memoryBytes: 2 ** 30 };
const CORPUS = '../shared/corpus';

describe('The assay of a model by the runtime', () => {
  let folder = '';
  let runtime = '';
  before(function () {
    runtime = runtimeOrSkip(this);
  });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'plimsoll-assay-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const assay = (
    model: Model,
    options: {
      readonly output?: string;
      readonly example?: TensorValues;
      readonly bounds?: Readonly<Record<string, number>>;
      readonly onLoaded?: (prepared: PreparedModel) => void;
    } = {},
  ): Promise<Assay> =>
    assayModel(model, {
      runtimeFolder: runtime,
      outputFolder: join(folder, options.output ?? 'prepared'),
      temporaryFolder: folder,
      limits: LIMITS,
      ...(options.example && { example: options.example }),
      ...(options.bounds && { bounds: options.bounds }),
      ...(options.onLoaded && { onLoaded: options.onLoaded }),
    });

  for (const axes of [1, 2, 3])
    it(`ships convolutions of ${axes} ${axes === 1 ? 'axis' : 'axes'} that make residual sums themselves, and answers as before`, async () => {
      const image = ['batch', 4, ...new Array<number>(axes).fill(6)];
      const nodes = [
        node('Sigmoid', ['x'], ['before']),
        node('Conv', ['before', 'filters', 'bias'], ['convolved'], { attributes: { auto_pad: 'SAME_UPPER' } }),
        node('Add', ['before', 'convolved'], ['sum']),
        node('Tanh', ['sum'], ['y']),
      ];
      const initializers = [
        floats('filters', [4, 4, ...new Array<number>(axes).fill(3)], (index) => Math.sin(index)),
        floats('bias', [4], (index) => index / 4),
      ];
      const parts = {
        nodes,
        inputs: [value('x', 'float', image)],
        outputs: [value('y', 'float', image)],
        initializers,
      };
      const { equality, prepared } = await assay(saveModel(join(folder, 'model.onnx'), parts));
      assert.ok(equality?.state === 'identical' || equality?.state === 'close');
      const shipped = readModel(prepared?.files[0].path ?? '').graph.nodes.map(({ opType }) => opType);
      assert.deepEqual(shipped, ['Sigmoid', 'FusedConv']);
    });

  it('accepts a sound model, prepares it and proves the two equal', async () => {
    const result = await assay(denseLayers(join(folder, 'model.onnx')));
    assert.equal(result.verdict, 'accepted');
    assert.deepEqual(result.findings, []);
    assert.deepEqual(result.signature, {
      inputs: [{ name: 'x', elementType: 'float', shape: ['batch', 40] }],
      outputs: [{ name: 'y', elementType: 'float', shape: ['batch', 3] }],
    });
    assert.ok(result.equality?.state === 'identical' || result.equality?.state === 'close');
    assert.deepEqual(result.trial?.state === 'ran' && result.trial.outputs, [
      { name: 'y', elementType: 'float', dims: [2, 3] },
    ]);
    assert.deepEqual(readdirSync(join(folder, 'prepared')).sort(), ['model.data', 'model.onnx']);
  });

  it('tells what ships before it is tried, and changes nothing of it from then on', async () => {
    const told: string[][] = [];
    const read = (paths: readonly string[]) => paths.map((path) => readFileSync(path).toString('base64'));
    const { prepared } = await assay(denseLayers(join(folder, 'model.onnx')), {
      onLoaded: ({ files }) => told.push(read(files.map(({ path }) => path))),
    });
    assert.deepEqual(told, [read((prepared?.files ?? []).map(({ path }) => path))]);
  });

  it('writes the same bytes twice, in another folder and over another name', async () => {
    const first = await assay(denseLayers(join(folder, 'model.onnx')), { output: 'one' });
    const second = await assay(denseLayers(join(folder, 'renamed.onnx')), { output: 'two/deeper' });
    assert.deepEqual(digests(first), digests(second));
  });

  it('puts larger weights at multiples of 64 bytes in the data file', async () => {
    const { prepared } = await assay(denseLayers(join(folder, 'model.onnx')));
    const initializers = readModel(prepared?.files[0].path ?? '').graph.initializers;
    const places = initializers.map(({ data }) => data).filter((data) => data.kind === 'external');
    assert.deepEqual(
      places.map(({ location, offset, length }) => [location, offset % 64, length]),
      [
        ['model.data', 0, 40 * 301 * 4],
        ['model.data', 0, 301 * 4],
        ['model.data', 0, 301 * 3 * 4],
      ],
    );
  });

  it('puts nodes in the order that needs least memory at the bounds, beside the same weights', async () => {
    const model = saveModel(join(folder, 'branches.onnx'), {
      nodes: [
        node('Sigmoid', ['z'], ['wide']),
        node('MatMul', ['wide', 'w'], ['small']),
        node('Sigmoid', ['x'], ['large']),
        node('Mul', ['large', 'small'], ['y']),
      ],
      inputs: [value('x', 'float', ['n', 1024]), value('z', 'float', ['n', 4096])],
      outputs: [value('y', 'float', ['n', 1024])],
      initializers: [floats('w', [4096, 1], (index) => index % 7)],
    });
    const first = async (bounds: Readonly<Record<string, number>>) => {
      const { prepared, equality } = await assay(model, { bounds, output: JSON.stringify(bounds) });
      const shipped = readModel(prepared?.files[0].path ?? '');
      const [last] = shipped.graph.nodes.filter(({ inputs }) => inputs.includes('x') || inputs.includes('z')).slice(-1);
      return { last: last?.inputs[0], won: prepared?.reordered !== null, state: equality?.state };
    };
    assert.deepEqual(await first({}), { last: 'x', won: false, state: 'identical' });
    assert.deepEqual(await first({ n: 1024 }), { last: 'z', won: true, state: 'identical' });
  });

  it('ships what carries training as it is, and says what that costs', async () => {
    const plain = denseLayers(join(folder, 'model.onnx'));
    // A TrainingInfoProto, empty.
    writeFileSync(plain.path, Buffer.from([0xa2, 0x01, 0x00]), { flag: 'a' });
    const { prepared, findings, verdict } = await assay(readModel(plain.path));
    assert.deepEqual([prepared?.form, verdict], ['original', 'accepted']);
    assert.deepEqual(
      findings.map(({ rule, severity }) => [rule, severity]),
      [['prepare/original', 'warning']],
    );
  });

  it('keeps a small model in one file', async () => {
    const model = saveModel(join(folder, 'small.onnx'), {
      nodes: [node('Add', ['x', 'w'], ['y'])],
      inputs: [value('x', 'float', [2])],
      outputs: [value('y', 'float', [2])],
      initializers: [floats('w', [2], (index) => index)],
    });
    const { prepared } = await assay(model);
    assert.deepEqual(
      prepared?.files.map(({ name }) => name),
      ['model.onnx'],
    );
  });

  it('reads a model through a symbolic link', async () => {
    denseLayers(join(folder, 'store'));
    symlinkSync(join(folder, 'store'), join(folder, 'model.onnx'));
    const result = await assay(readModel(join(folder, 'model.onnx')));
    assert.equal(result.verdict, 'accepted');
    assert.equal(result.prepared?.form, 'prepared');
  });

  it('takes off inputs that the optimiser has made meaningless', async () => {
    const model = saveModel(join(folder, 'old.onnx'), {
      irVersion: 3,
      opset: 8,
      nodes: [node('Add', ['a', 'b'], ['sum']), node('Mul', ['x', 'sum'], ['y'])],
      inputs: [
        value('x', 'float', [4]),
        value('a', 'float', [4]),
        value('b', 'float', [4]),
        value('unused', 'float', [1]),
      ],
      outputs: [value('y', 'float', [4])],
      initializers: [floats('a', [4], (index) => index), floats('b', [4], () => 1)],
    });
    const { prepared, signature } = await assay(model);
    assert.deepEqual(
      signature?.inputs.map(({ name }) => name),
      ['x', 'unused'],
    );
    assert.deepEqual(
      readModel(prepared?.files[0].path ?? '').graph.inputs.map(({ name }) => name),
      ['x', 'unused'],
    );
  });

  it('refuses a model for which the runtime has no kernel, names the node and writes nothing', async () => {
    const model = saveModel(join(folder, 'model.onnx'), {
      nodes: [node('Min', ['x', 'x2'], ['y'])],
      inputs: [value('x', 'int16', [2]), value('x2', 'int16', [2])],
      outputs: [value('y', 'int16', [2])],
    });
    const result = await assay(model);
    assert.equal(result.verdict, 'refused');
    assert.deepEqual(
      result.findings.map(({ rule, location }) => [rule, location?.node]),
      [['runtime/missing-kernel', 'Min_y']],
    );
    assert.deepEqual(readdirSync(join(folder, 'prepared')), []);
  });

  it('refuses an operator that nobody registered', async () => {
    const model = saveModel(join(folder, 'model.onnx'), {
      nodes: [node('Frobnicate', ['x'], ['y'], { domain: 'com.acme' })],
      domains: ['com.acme'],
      inputs: [value('x', 'float', [2])],
      outputs: [value('y', 'float', [2])],
    });
    const { verdict, findings } = await assay(model);
    assert.equal(verdict, 'refused');
    assert.match(findings[0]?.message ?? '', /no operator Frobnicate of the domain com\.acme/);
  });

  it('tries a model whose locale this machine lacks with C.UTF-8 in its place', async function () {
    if (!existsSync('/usr/lib/locale/C.utf8')) this.skip();
    const model = saveModel(join(folder, 'model.onnx'), {
      nodes: [
        node('StringNormalizer', ['x'], ['y'], { attributes: { case_change_action: 'LOWER', locale: 'xx_YY.UTF-8' } }),
      ],
      inputs: [value('x', 'string', [3])],
      outputs: [value('y', 'string', [3])],
    });
    const { verdict, findings, substitutedLocale } = await assay(model);
    assert.deepEqual(
      { verdict, findings, substitutedLocale },
      { verdict: 'accepted', findings: [], substitutedLocale: 'xx_YY.UTF-8' },
    );
  });

  it('finds inputs for a mask that is as long as earlier and new tokens together', async () => {
    const model = saveModel(join(folder, 'model.onnx'), {
      nodes: [
        node('Concat', ['past', 'now'], ['keys'], { attributes: { axis: 1n } }),
        node('MatMul', ['mask', 'keys'], ['y']),
      ],
      inputs: [
        value('now', 'float', ['batch', 'length', 4]),
        value('past', 'float', ['batch', 'past', 4]),
        value('mask', 'float', ['batch', 1, 'total']),
      ],
      outputs: [value('y', 'float', ['batch', 1, 4])],
    });
    const { verdict, findings } = await assay(model);
    assert.deepEqual({ verdict, findings }, { verdict: 'accepted', findings: [] });
  });

  it('says so when no made-up inputs suit the model, without calling it bad', async () => {
    const model = saveModel(join(folder, 'model.onnx'), {
      nodes: [node('MatMul', ['a', 'b'], ['y'])],
      inputs: [value('a', 'float', ['m', 7]), value('b', 'float', ['k', 'n'])],
      outputs: [value('y', 'float', ['m', 'n'])],
    });
    const { verdict, findings, prepared } = await assay(model);
    assert.equal(verdict, 'inconclusive');
    assert.deepEqual(
      findings.map(({ rule }) => rule),
      ['runtime/not-tried'],
    );
    assert.equal(prepared?.form, 'prepared');
  });

  it('runs the example where there is one, and calls a case bad that the model does not take', async () => {
    const model = denseLayers(join(folder, 'model.onnx'));
    const rows = (width: number): TensorValues =>
      new Map([['x', { elementType: 'float', dims: [5, width], data: new Float32Array(5 * width) }]]);
    const good = await assay(model, { example: rows(40) });
    assert.deepEqual(good.trial?.state === 'ran' && good.trial.outputs[0]?.dims, [5, 3]);
    const bad = await assay(model, { example: rows(39) });
    assert.equal(bad.verdict, 'refused');
    assert.deepEqual(
      bad.findings.map(({ rule }) => rule),
      ['runtime/example-refused'],
    );
  });

  it('leads the runtime to no data file outside of the model folder', async () => {
    writeFileSync(join(folder, 'secret'), Buffer.alloc(4096));
    const outside = {
      ...floats('w', [1024], () => 0),
      data: { kind: 'external', location: '../secret', offset: 0 } as const,
    };
    const model = saveModel(join(folder, 'model.onnx'), {
      nodes: [node('Add', ['x', 'w'], ['y'])],
      inputs: [value('x', 'float', [1024])],
      outputs: [value('y', 'float', [1024])],
      initializers: [outside],
    });
    const { verdict, findings } = await assay(model);
    assert.equal(verdict, 'refused');
    assert.deepEqual(
      findings.map(({ rule }) => rule),
      ['runtime/external-data'],
    );
  });

  it('prepares models of the public corpus whose subgraphs hold weights, and one that takes another treatment of signed activations', async function () {
    if (!existsSync(CORPUS)) this.skip();
    this.timeout(60_000);
    const forms: string[] = [];
    for (const path of ['audio/snakers4-silero-vad/silero_vad/silero_vad.onnx', ...qlstm()]) {
      const { prepared } = await assay(readModel(join(CORPUS, 'models', path)));
      forms.push(prepared?.form ?? 'none');
    }
    assert.deepEqual(forms, ['prepared', 'prepared']);
  });
});

describe('The assay of a model by a runtime that fails', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'plimsoll-assay-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('is a finding, and leaves nothing half-written', async () => {
    const model = denseLayers(join(folder, 'spin'), 4);
    const result = await assayModel(model, {
      runtimeFolder: installStrangeRuntime(join(folder, 'runtime')),
      outputFolder: join(folder, 'prepared'),
      temporaryFolder: folder,
      limits: { ...LIMITS, timeoutMs: 3_000 },
    });
    assert.equal(result.verdict, 'refused');
    assert.equal(result.prepared, null);
    assert.deepEqual(readdirSync(join(folder, 'prepared')), []);
  });
});

function qlstm(): readonly string[] {
  const all = readdirSync(join(CORPUS, 'models'), { recursive: true, encoding: 'utf8' });
  return all.filter((path) => /qlstm_3-2-3_T3_S1__model.*model\.onnx$/.test(path)).slice(0, 1);
}

function digests({ prepared }: Assay): readonly string[] {
  return (prepared?.files ?? []).map(({ path }) => createHash('sha256').update(readFileSync(path)).digest('hex'));
}
