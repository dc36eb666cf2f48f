import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Failure } from '../../src/nouns/failure.ts';
import type { FixResult } from '../../src/nouns/fix-result.ts';
import type { Model } from '../../src/onnx/model.ts';
import { readModel } from '../../src/onnx/read-model.ts';
import { writeModel } from '../../src/onnx/write-model.ts';
import { readProject } from '../../src/project/read-project.ts';
import { type FixOptions, fixModel } from '../../src/recipes/fix-model.ts';
import type { Mend } from '../../src/validate/fix/mend.ts';
import { MENDS } from '../../src/validate/fix/mends.ts';
import { model, node, weight } from '../support/model-builder.ts';
import { runtimeFolder } from '../support/runtime.ts';

const RUNTIME = runtimeFolder();
const CORPUS = new URL('../../../shared/corpus/models/tabular/', import.meta.url).pathname;

const floats = (...values: number[]) => ({
  data: { kind: 'memory', bytes: new Uint8Array(Float32Array.from(values).buffer) } as const,
});
const ROW = Array.from({ length: 256 }, (_, index) => Math.sin(index));

/** Two equal weights, a dead one, and weights among the inputs. */
const UNTIDY = model({
  inputs: ['float[1,16] x', 'float[16,16] a'],
  outputs: ['float[1,16] y'],
  initializers: [
    weight('float[16,16] a', floats(...ROW.toReversed())),
    weight('float[16,16] b', floats(...ROW)),
    weight('float[16,16] c', floats(...ROW)),
    weight('float[1024] dead'),
  ],
  nodes: [
    node('m = MatMul(x, a)'),
    node('n = MatMul(m, b)'),
    node('forgotten = Neg(m)'),
    node('y = MatMul(n, c)', {}, { docString: 'File "/home/jo/net.py", line 3' }),
  ],
});

/** Claims to keep the numbers, and does not. */
const WRONG: Mend = {
  rule: 'test/wrong',
  title: 'Change a sign',
  apply: (mended) => ({
    model: {
      ...mended,
      graph: {
        ...mended.graph,
        nodes: [...mended.graph.nodes.slice(0, -1), node('last = MatMul(n, b)'), node('y = Neg(last)')],
      },
    },
    changes: ['changed a sign'],
  }),
};

describe('fixModel', () => {
  const folder = mkdtempSync(join(tmpdir(), 'plimsoll-fix-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  let serial = 0;

  /** Writes a model into a folder of its own and mends it there. */
  async function fix(
    source: Model | string,
    options: Partial<FixOptions> = {},
  ): Promise<FixResult & { place: string }> {
    serial += 1;
    const place = mkdtempSync(join(folder, `${serial}-`));
    const path = typeof source === 'string' ? source : join(place, 'model.onnx');
    if (typeof source !== 'string') await writeModel(source, path);
    const result = await fixModel(await readProject(path, folder), {
      out: join(place, 'out.onnx'),
      mends: MENDS.filter(({ isOnlyWhenAsked }) => !isOnlyWhenAsked),
      externalBytes: 1024,
      isForced: false,
      runtimeFolder: async () => RUNTIME ?? '',
      ...options,
    });
    return { ...result, place };
  }

  const only = (...rules: string[]) => ({ mends: MENDS.filter(({ rule }) => rules.includes(rule)) });

  describe('with a runtime', () => {
    before(function () {
      if (RUNTIME === undefined) this.skip();
    });

    it('applies every mend that the model needs, and proves that no element changed', async () => {
      const result = await fix(UNTIDY);
      assert.equal(result.verdict, 'mended');
      assert.deepEqual(
        result.applied.map(({ rule }) => rule),
        [
          'production/dead-node',
          'production/dead-weight',
          'production/initializer-as-input',
          'production/duplicate-weight',
          'production/leaky-metadata',
        ],
      );
      assert.deepEqual(result.proof, { state: 'proven', runs: 3, largestDifference: 0, why: null });
      const { graph } = readModel(join(result.place, 'out.onnx'));
      assert.deepEqual(
        graph.initializers.map(({ name }) => name),
        ['a', 'b'],
      );
      assert.ok(result.bytesBefore - (result.bytesAfter ?? 0) > 1024 * 5);
      assert.deepEqual(readdirSync(result.place), ['model.onnx', 'out.onnx']);
    });

    it('drops a mend that fails its proof, says so, and keeps the others', async () => {
      const result = await fix(UNTIDY, { mends: [...only('production/dead-weight').mends, WRONG] });
      assert.equal(result.verdict, 'mended');
      assert.deepEqual(
        result.applied.map(({ rule }) => rule),
        ['production/dead-weight'],
      );
      assert.deepEqual(
        result.dropped.map(({ rule }) => rule),
        ['test/wrong'],
      );
      assert.match(result.dropped[0]?.why ?? '', /^output "y" differs in 16 of 16 elements/);
    });

    it('writes nothing where no mend could be proven', async () => {
      const result = await fix(UNTIDY, { mends: [WRONG] });
      assert.equal(result.verdict, 'refused');
      assert.deepEqual(readdirSync(result.place), ['model.onnx']);
    });

    it('writes nothing where the runtime does not take the original either', async () => {
      const unknown = model({
        opsets: { 'ai.onnx': 21, acme: 1 },
        inputs: ['float[N] x'],
        outputs: ['float[N] y'],
        nodes: [node('y = acme.Magic(x)'), node('dead = Neg(x)')],
      });
      const result = await fix(unknown);
      assert.equal(result.verdict, 'inconclusive');
      assert.match(result.proof?.why ?? '', /the runtime does not load the original/);
      assert.deepEqual(readdirSync(result.place), ['model.onnx']);
    });

    it('does not take the whims of a random model for a defect of the mend', async () => {
      const random = model({
        inputs: ['float[N] x'],
        outputs: ['float[N] y'],
        nodes: [node('dead = Neg(x)'), node('r = RandomNormalLike(x)'), node('y = Add(x, r)')],
      });
      const result = await fix(random);
      assert.equal(result.verdict, 'inconclusive');
      assert.match(result.proof?.why ?? '', /other outputs each time/);
    });

    it('opens a batch when asked, and holds every row against the original', async () => {
      const result = await fix(UNTIDY, only('production/fixed-batch'));
      assert.equal(result.verdict, 'mended');
      // Three runs on one row, and one each on two and three rows.
      assert.equal(result.proof?.runs, 5);
      const { graph } = readModel(join(result.place, 'out.onnx'));
      assert.deepEqual(graph.outputs[0]?.type, { kind: 'tensor', elementType: 'float', shape: ['batch', 16] });
    });

    it('refuses to open a batch whose rows would mix', async () => {
      const mixing = model({
        inputs: ['float[1,4] x'],
        outputs: ['float[1,4] y'],
        initializers: [weight('int64[1] first', { data: { kind: 'memory', bytes: new Uint8Array(8) } })],
        nodes: [node('s = ReduceSum(x, first)', { keepdims: 1 }), node('y = Sub(x, s)')],
      });
      const result = await fix(mixing, only('production/fixed-batch'));
      assert.equal(result.verdict, 'refused');
      assert.match(result.dropped[0]?.why ?? '', /^row 0 of 2: output "y" differs/);
    });

    it('moves large weights to a data file beside the result', async () => {
      const result = await fix(UNTIDY, only('production/inline-weight'));
      assert.deepEqual(
        result.files.map((file) => basename(file)),
        ['out.onnx', 'out.onnx.data'],
      );
      assert.equal(result.proof?.largestDifference, 0);
    });

    it('goes on using the data file of the original, in its folder, and copies it elsewhere', async () => {
      const place = mkdtempSync(join(folder, 'external-'));
      const path = join(place, 'model.onnx');
      await writeModel(UNTIDY, path, { externalData: { minimumBytes: 1024 } });
      const project = await readProject(path, folder);
      const options = {
        ...only('production/dead-node'),
        externalBytes: 1,
        isForced: false,
        runtimeFolder: async () => RUNTIME ?? '',
      };
      await fixModel(project, { ...options, out: join(place, 'beside.onnx') });
      assert.deepEqual(readdirSync(place).sort(), ['beside.onnx', 'model.onnx', 'model.onnx.data']);
      const other = mkdtempSync(join(folder, 'elsewhere-'));
      await fixModel(project, { ...options, out: join(other, 'out.onnx') });
      assert.deepEqual(readdirSync(other).sort(), ['out.onnx', 'out.onnx.data']);
    });

    it('mends a model in its place when told to', async () => {
      const place = mkdtempSync(join(folder, 'place-'));
      const path = join(place, 'model.onnx');
      await writeModel(UNTIDY, path);
      const before = readFileSync(path);
      const options = { ...only('production/dead-weight'), externalBytes: 1, runtimeFolder: async () => RUNTIME ?? '' };
      const result = await fixModel(await readProject(path, folder), { ...options, out: path, isForced: true });
      assert.equal(result.verdict, 'mended');
      assert.ok(readFileSync(path).length < before.length);
      assert.deepEqual(readdirSync(place), ['model.onnx']);
    });

    for (const name of ['lightgbm', 'randomforest']) {
      it(`gives the probabilities of ${name} as a tensor`, async function () {
        const path = `${CORPUS}ankane-onnxruntime-ruby/${name}/${name}.onnx`;
        if (!existsSync(path)) return this.skip();
        const result = await fix(path);
        assert.deepEqual(
          result.applied.map(({ rule }) => rule),
          ['production/zipmap'],
        );
        assert.deepEqual(result.proof, { state: 'proven', runs: 3, largestDifference: 0, why: null });
        const output = readModel(join(result.place, 'out.onnx')).graph.outputs[1];
        assert.deepEqual(output?.type, { kind: 'tensor', elementType: 'float', shape: [1, 3] });
      });
    }
  });

  it('asks for no runtime where there is nothing to mend', async () => {
    const sound = model({ inputs: ['float[N] x'], outputs: ['float[N] y'], nodes: [node('y = Neg(x)')] });
    const result = await fix(sound, { runtimeFolder: () => assert.fail('it was asked for') });
    assert.equal(result.verdict, 'nothing');
    assert.deepEqual(readdirSync(result.place), ['model.onnx']);
  });

  it('replaces nothing unless told to', async () => {
    const taken = join(folder, 'taken.onnx');
    writeFileSync(taken, 'mine');
    await assert.rejects(fix(UNTIDY, { out: taken }), (failure: Failure) => failure.code === 'fix/exists');
    assert.equal(readFileSync(taken, 'utf8'), 'mine');
  });

  it('says which folder it cannot write to', async () => {
    const out = join(folder, 'no', 'such', 'out.onnx');
    await assert.rejects(fix(UNTIDY, { out }), (failure: Failure) => failure.code === 'onnx/unwritable');
  });
});
