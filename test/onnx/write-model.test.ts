import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import onnxProto from 'onnx-proto';
import { encodeModel } from '../../src/onnx/encode-model.ts';
import type { Model, Tensor } from '../../src/onnx/model.ts';
import { modelFiles } from '../../src/onnx/model-files.ts';
import { readModel } from '../../src/onnx/read-model.ts';
import { readTensorBytes } from '../../src/onnx/read-tensor.ts';
import { resolveExternalData } from '../../src/onnx/resolve-external-data.ts';
import { writeModel } from '../../src/onnx/write-model.ts';
import { field, fileOf, intField, scratchFolder, textField, varint } from './bytes.ts';
import { CORPUS, corpusModels, HAS_CORPUS } from './corpus.ts';
import { attributeOf, graphOf, modelOf, nodeOf, tensorOf } from './parts.ts';
import { sampleModels } from './sample-models.ts';
import { withoutOrigins } from './without-origins.ts';

describe('writeModel', () => {
  const folder = scratchFolder();
  const bytes = (length: number, value = 1): Uint8Array => new Uint8Array(length).fill(value);
  const weight = (name: string, count: number, value = 1): Tensor =>
    tensorOf(name, { dims: [count], data: { kind: 'memory', bytes: bytes(count * 4, value) } });
  const withWeights = (...initializers: readonly Tensor[]): Model => modelOf({ graph: graphOf({ initializers }) });
  const dataOf = (model: Model): readonly Uint8Array[] =>
    model.graph.initializers.map((tensor) => readTensorBytes(model, tensor));

  it('writes the same value to the same bytes', () => {
    for (const model of sampleModels().values()) assert.deepEqual(encodeModel(model), encodeModel(model));
  });

  it('writes what was not edited as it was read, down to fields without a name', async () => {
    const model = sampleModels().get('library') ?? modelOf();
    const path = fileOf(folder, encodeModel(model));
    const target = join(folder.path, 'copy.onnx');
    assert.deepEqual(await writeModel(readModel(path), target), [
      { role: 'model', path: target, bytes: statSync(path).size },
    ]);
    assert.deepEqual(readFileSync(target), readFileSync(path));
  });

  it('keeps what it has no name for beside an edit', () => {
    const denoted = field(2, field(1, intField(1, 1), field(2, field(1, intField(1, 3), textField(3, 'CHANNEL')))));
    const training = field(20, field(2, textField(2, 'algorithm')));
    const node = field(1, textField(4, 'Relu'), field(99, Uint8Array.of(1)));
    const path = fileOf(folder, Buffer.concat([field(7, node, field(11, textField(1, 'x'), denoted)), training]));
    const model = readModel(path);
    const [input] = model.graph.inputs;
    assert.ok(input);
    const edited = { ...model, graph: { ...model.graph, inputs: [{ ...input, name: 'renamed' }] } };
    const written = Buffer.from(encodeModel(edited));
    for (const part of [denoted, training, node]) assert.ok(written.includes(Buffer.from(part)));
    assert.ok(written.includes(Buffer.from(textField(1, 'renamed'))));
  });

  it('writes an attribute that takes the value of another with its type alone', () => {
    const attribute = { ...attributeOf('alpha', { kind: 'float', value: 0 }), reference: 'alpha' };
    const model = modelOf({ graph: graphOf({ nodes: [nodeOf('LeakyRelu', { attributes: [attribute] })] }) });
    const again = readModel(fileOf(folder, encodeModel(model))).graph.nodes[0]?.attributes[0];
    assert.deepEqual([again?.reference, again?.declaredType, again?.populated], ['alpha', 1, []]);
  });

  it('moves large weights to one file, aligned, and brings them back', async () => {
    const model = withWeights(weight('a', 1000, 1), weight('small', 2, 2), weight('b', 3000, 3));
    const target = join(folder.path, 'moved.onnx');
    const [own, data] = await writeModel(model, target, { externalData: { alignment: 512 } });
    assert.ok(own && data && own.bytes < 500);
    assert.equal(data.path, `${target}.data`);
    const moved = readModel(target);
    assert.deepEqual(
      moved.graph.initializers.map((tensor) =>
        tensor.data.kind === 'external' ? tensor.data.offset : tensor.data.kind,
      ),
      [0, 'raw', 4096],
    );
    assert.deepEqual(dataOf(moved), [bytes(4000, 1), bytes(8, 2), bytes(12_000, 3)]);
    assert.deepEqual(
      modelFiles(moved).map(({ location }) => location),
      ['moved.onnx', 'moved.onnx.data'],
    );
    const back = join(folder.path, 'back.onnx');
    assert.equal((await writeModel(moved, back, { externalData: 'inline' })).length, 1);
    assert.deepEqual(dataOf(readModel(back)), dataOf(moved));
  });

  it('takes external data along to another folder, spans that tensors share once', async () => {
    fileOf(folder, bytes(4096 + 24, 9), 'shared.bin');
    const external = (name: string, offset: number): Tensor =>
      tensorOf(name, { dims: [6], data: { kind: 'external', location: 'shared.bin', offset, length: 24 } });
    const source = fileOf(folder, encodeModel(withWeights(external('a', 4096), external('b', 4096), external('c', 0))));
    mkdirSync(join(folder.path, 'other'));
    const target = join(folder.path, 'other', 'model.onnx');
    await writeModel(readModel(source), target);
    const copied = readModel(target);
    assert.deepEqual(resolveExternalData(copied).problems, []);
    assert.deepEqual(dataOf(copied), dataOf(readModel(source)));
    assert.equal(statSync(`${target}.data`).size, 4096 + 24);
    await assert.rejects(writeModel(readModel(source), target, { externalData: 'keep' }), {
      code: 'onnx/external-left-behind',
      exit: 2,
    });
  });

  it('turns typed fields into raw bytes when asked', async () => {
    const floats = field(
      5,
      intField(1, 2),
      intField(2, 1),
      field(4, Buffer.from(Float32Array.of(1.5, -2).buffer)),
      textField(8, 'f'),
    );
    const halves = field(
      5,
      intField(1, 2),
      intField(2, 10),
      field(5, varint(0x3c00), varint(0xc000)),
      textField(8, 'h'),
    );
    const bytesOf = field(5, intField(1, 2), intField(2, 3), intField(5, -1), intField(5, 127), textField(8, 'i8'));
    const longs = field(
      5,
      intField(1, 2),
      intField(2, 7),
      field(7, varint(-5), varint(2n ** 62n)),
      textField(8, 'i64'),
    );
    const six = field(5, intField(1, 5), intField(2, 27), field(5, Uint8Array.of(1, 2, 3, 4, 5)), textField(8, 'f6'));
    const pairs = field(
      5,
      intField(1, 1),
      intField(2, 15),
      field(10, Buffer.from(Float64Array.of(1, 2).buffer)),
      textField(8, 'c'),
    );
    const path = fileOf(folder, field(7, floats, halves, bytesOf, longs, six, pairs));
    const target = join(folder.path, 'raw.onnx');
    await writeModel(readModel(path), target, { typedToRaw: true });
    const model = readModel(target);
    assert.ok(model.graph.initializers.every(({ data }) => data.kind === 'raw'));
    assert.deepEqual(
      dataOf(model).map((data) => Buffer.from(data).toString('hex')),
      [
        '0000c03f000000c0',
        '003c00c0',
        'ff7f',
        'fbffffffffffffff0000000000000040',
        '81301005',
        '000000000000f03f0000000000000040',
      ],
    );
  });

  it('leaves nothing behind where it fails', async () => {
    const target = join(folder.path, 'never', 'model.onnx');
    await assert.rejects(writeModel(modelOf(), target), { code: 'onnx/unwritable', exit: 2 });
    const lost = tensorOf('w', { dims: [2], data: { kind: 'external', location: 'lost.bin', offset: 0 } });
    const source = fileOf(folder, encodeModel(withWeights(weight('a', 5000), lost)), 'lost.onnx');
    const before = readdirSync(folder.path);
    const options = { externalData: { minimumBytes: 1 } };
    await assert.rejects(writeModel(readModel(source), join(folder.path, 'x.onnx'), options), {
      code: 'onnx/external-missing',
    });
    const model = readModel(source);
    writeFileSync(source, 'replaced');
    const kept = { externalData: 'keep' } as const;
    await assert.rejects(writeModel(model, join(folder.path, 'x.onnx'), kept), { code: 'onnx/changed' });
    assert.deepEqual(readdirSync(folder.path), before);
  });

  it('refuses a model file of 2 GiB before it writes a byte', async () => {
    truncateSync(fileOf(folder, '', 'huge.bin'), 2 ** 31);
    const data = { kind: 'external', location: 'huge.bin', offset: 0 } as const;
    const source = fileOf(folder, encodeModel(withWeights(tensorOf('w', { dims: [2 ** 29], data }))), 'small.onnx');
    const target = join(folder.path, 'huge.onnx');
    await assert.rejects(writeModel(readModel(source), target, { externalData: 'inline' }), {
      code: 'onnx/too-large',
      exit: 1,
    });
  });

  const names: readonly string[] = ['', '.', '../up.bin', 'sub/data.bin', 'model.onnx'];
  for (const fileName of names) {
    it(`refuses ${JSON.stringify(fileName)} as the name of the data file`, async () => {
      const target = join(folder.path, 'model.onnx');
      await assert.rejects(writeModel(withWeights(weight('a', 1000)), target, { externalData: { fileName } }), {
        code: 'onnx/external-layout',
        exit: 2,
      });
    });
  }

  it('writes what onnx-proto, which knows ONNX up to IR 8, decodes as it decodes the original', function () {
    if (!HAS_CORPUS) {
      console.log('        the corpus is missing: no models decoded with onnx-proto');
      this.skip();
    }
    const decode = (content: Uint8Array): unknown =>
      JSON.parse(JSON.stringify(onnxProto.onnx.ModelProto.decode(content)));
    let compared = 0;
    for (const name of corpusModels()) {
      const path = join(CORPUS, name);
      if (statSync(path).size > 200_000 || name.includes('corrupt')) continue;
      const model = readModel(path);
      if (model.irVersion > 8) continue;
      const nodes = model.graph.nodes.map((node) => ({ ...node }));
      const edited = encodeModel({ ...model, graph: { ...model.graph, nodes } });
      assert.deepEqual(withoutDefaults(decode(edited)), withoutDefaults(decode(readFileSync(path))), name);
      assert.ok(encodeModel(withoutOrigins(model)).length > 0);
      compared++;
    }
    assert.ok(compared >= 40, `only ${compared} models compared`);
  });

  it('writes nodes of its own that onnx-proto decodes', () => {
    const node = nodeOf('Add', { name: 'n', inputs: ['a', 'b'], outputs: ['c'] });
    const { graph } = onnxProto.onnx.ModelProto.decode(encodeModel(modelOf({ graph: graphOf({ nodes: [node] }) })));
    assert.deepEqual(graph?.node?.[0]?.input, ['a', 'b']);
    assert.equal(graph?.node?.[0]?.opType, 'Add');
  });
});

const DEFAULTS: Readonly<Record<string, string>> = { domain: 'ai.onnx', modelVersion: '0' };

/** Texts that stand in a file although they are empty say nothing, nor does a version of zero. */
function withoutDefaults(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDefaults);
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).filter(([key, item]) => item !== '' && DEFAULTS[key] !== item);
  return Object.fromEntries(entries.map(([key, item]) => [key, withoutDefaults(item)]));
}
