import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeModel } from '../../src/onnx/encode-model.ts';
import type { AttributeValue, Model } from '../../src/onnx/model.ts';
import { readModel } from '../../src/onnx/read-model.ts';
import { field, fileOf, intField, scratchFolder, textField, varint } from './bytes.ts';
import { factsOf } from './facts.ts';
import { attributeOf, graphOf, modelOf, nodeOf } from './parts.ts';
import { sampleModels } from './sample-models.ts';

describe('readModel', () => {
  const folder = scratchFolder();
  const read = (...bytes: readonly Uint8Array[]): Model => readModel(fileOf(folder, Buffer.concat(bytes)));
  const GRAPH = field(7, textField(2, 'g'));

  for (const [name, model] of sampleModels()) {
    it(`reads what the writer wrote: ${name}`, () => {
      const path = fileOf(folder, encodeModel(model), `${name}.onnx`);
      const again = readModel(path);
      const copy = fileOf(folder, encodeModel({ ...again, graph: { ...again.graph } }), `${name}-again.onnx`);
      assert.deepEqual(factsOf(readModel(copy), []), factsOf(again, []));
      assert.equal(again.graph.nodes.length, model.graph.nodes.length);
      assert.deepEqual(
        again.graph.nodes.map(({ unknown }) => unknown),
        model.graph.nodes.map(({ unknown }) => unknown),
      );
      assert.deepEqual(
        again.graph.inputs.map(({ type }) => type),
        model.graph.inputs.map(({ type }) => type),
      );
      assert.deepEqual(again.metadata, model.metadata);
      assert.deepEqual(again.deviceConfigurations, model.deviceConfigurations);
    });
  }

  it('merges a message that stands twice, as protobuf does, and tells of it', () => {
    const model = read(
      field(7, textField(2, 'first'), field(1, textField(4, 'A'))),
      field(7, textField(2, 'second'), field(1, textField(4, 'B'))),
    );
    assert.equal(model.graph.name, 'second');
    assert.deepEqual(
      model.graph.nodes.map(({ opType }) => opType),
      ['A', 'B'],
    );
    assert.deepEqual(
      model.irregularities?.map(({ kind }) => kind),
      ['repeated-message'],
    );
  });

  it('takes the last of a repeated number or text, in any order of fields', () => {
    const model = read(GRAPH, textField(2, 'old'), intField(1, 3), textField(2, 'new'), intField(1, 8));
    assert.equal(model.irVersion, 8);
    assert.equal(model.producerName, 'new');
  });

  it('takes lists packed, unpacked and both', () => {
    const ints = [intField(8, 1), field(8, varint(2), varint(300)), intField(8, -4)];
    const attribute = field(5, textField(1, 'axes'), ...ints, intField(20, 7));
    const { graph } = read(field(7, field(1, attribute)));
    const value = graph.nodes[0]?.attributes[0]?.value as Extract<AttributeValue, { kind: 'ints' }>;
    assert.equal(value.count, 4);
    assert.deepEqual(value.values(), [1n, 2n, 300n, -4n]);
  });

  it('keeps a known field of another wire type, and a group, as unknown', () => {
    const odd = intField(2, 5);
    const group = Buffer.concat([varint((99 << 3) | 3), intField(1, 1), varint((99 << 3) | 4)]);
    const model = read(GRAPH, odd, group);
    assert.equal(model.producerName, '');
    assert.deepEqual(
      model.unknown.map((bytes) => Buffer.from(bytes)),
      [odd, group],
    );
  });

  it('knows the type of an attribute by its value where an old exporter declared none', () => {
    const { graph } = read(field(7, field(1, field(5, textField(1, 'alpha'), intField(3, 9)))));
    assert.deepEqual(graph.nodes[0]?.attributes[0]?.value, { kind: 'int', value: 9n });
  });

  it('gives both names of the default domain as one', () => {
    const node = field(1, textField(4, 'Add'), textField(7, 'ai.onnx'));
    const model = read(field(7, node), field(8, textField(1, 'ai.onnx'), intField(2, 17)));
    assert.equal(model.graph.nodes[0]?.domain, '');
    assert.deepEqual(model.opsetImports, [{ domain: '', version: 17 }]);
  });

  it('keeps names apart that are no UTF-8, and writes their bytes again', () => {
    const names = [Buffer.from([0x66, 0xff]), Buffer.from([0x66, 0xfe])];
    const bytes = field(7, ...names.map((name) => field(1, field(3, name))));
    const model = read(bytes);
    assert.notEqual(model.graph.nodes[0]?.name, model.graph.nodes[1]?.name);
    const nodes = model.graph.nodes.map((node) => ({ ...node }));
    assert.deepEqual(
      Buffer.from(encodeModel(modelOf({ irVersion: 0, opsetImports: [], graph: graphOf({ name: '', nodes }) }))),
      Buffer.concat([intField(1, 0), bytes]),
    );
    assert.deepEqual(
      model.irregularities?.map(({ kind }) => kind),
      ['invalid-utf8', 'invalid-utf8'],
    );
  });

  it('leaves long lists in the file until they are asked for, and sees when it was replaced', () => {
    const items = Array.from({ length: 5000 }, (_, index) => index / 2);
    const floats: AttributeValue = { kind: 'floats', count: items.length, spans: [], values: () => items };
    const node = nodeOf('Tree', { attributes: [attributeOf('thresholds', floats)] });
    const path = fileOf(folder, encodeModel(modelOf({ graph: graphOf({ nodes: [node] }) })));
    const value = readModel(path).graph.nodes[0]?.attributes[0]?.value as typeof floats;
    assert.equal(value.count, 5000);
    assert.equal(value.spans.length, 1);
    assert.deepEqual(value.values(), items);
    writeFileSync(path, 'another');
    assert.throws(() => value.values(), { code: 'onnx/changed' });
  });

  it('reads subgraphs as deep as protobuf does and refuses deeper ones', () => {
    const nested = (depth: number): Uint8Array => {
      let graph: Uint8Array = textField(2, 'inner');
      for (let level = 0; level < depth; level++) graph = field(1, field(5, field(6, graph)));
      return field(7, graph);
    };
    assert.equal(read(nested(33)).graph.nodes.length, 1);
    assert.throws(() => read(nested(34)), { code: 'onnx/too-deep', exit: 1 });
    assert.throws(() => read(nested(1000)), { code: 'onnx/too-deep', exit: 1 });
  });

  it('refuses a graph that would fill memory', () => {
    const node = field(1);
    const bytes = field(7, Buffer.concat(Array<Uint8Array>(400_000).fill(node)));
    assert.throws(() => read(bytes), { code: 'onnx/limit', exit: 1 });
  });

  const foreign: readonly (readonly [name: string, head: Uint8Array | string, found: RegExp])[] = [
    ['a Git LFS pointer', 'version https://git-lfs.github.com/spec/v1\noid sha256:0', /Git LFS pointer/],
    ['a PyTorch checkpoint', 'PK\x03\x04model/data.pkl', /PyTorch/],
    ['a pickle', Buffer.from([0x80, 4, 0x95, 1]), /pickle/],
    ['an HDF5 file', Buffer.from('\x89HDF\r\n\x1a\n....', 'latin1'), /Keras/],
    ['an ORT model', Buffer.from('\x18\0\0\0ORTM....', 'latin1'), /ORT format/],
    ['a TensorFlow Lite model', Buffer.from('\x18\0\0\0TFL3....', 'latin1'), /TensorFlow Lite/],
    ['a SavedModel', Buffer.from([0x08, 1, 0x12, 3, 0x0a, 1, 0]), /SavedModel/],
    ['gzip', Buffer.from([0x1f, 0x8b, 8]), /gzip/],
    [
      'a safetensors file',
      Buffer.concat([Buffer.from([16, 0, 0, 0, 0, 0, 0, 0]), Buffer.from('{"a":{}}')]),
      /safetensors/,
    ],
    ['an error page', '<!DOCTYPE html><html>', /HTML/],
    ['JSON', '{"learner": {}}', /JSON/],
    ['text', 'Dear reader, this is no model.', /is text/],
    ['a model as text', '<\n  ir_version: 8\n>', /as text/],
    ['a tensor alone', Buffer.concat([intField(1, 2), intField(2, 1)]), /no graph/],
  ];
  for (const [name, head, found] of foreign) {
    it(`says what it is given instead of a model: ${name}`, () => {
      const path = fileOf(folder, head, 'foreign');
      assert.throws(() => readModel(path), { code: 'onnx/not-onnx', exit: 1, message: found });
    });
  }

  it('refuses an empty file, a missing one and what is no regular file, without waiting', () => {
    assert.throws(() => readModel(fileOf(folder, '')), { code: 'onnx/empty', exit: 1 });
    assert.throws(() => readModel(join(folder.path, 'none.onnx')), { code: 'onnx/missing', exit: 2 });
    assert.throws(() => readModel(folder.path), { code: 'onnx/not-a-file', exit: 2, message: /a folder/ });
    assert.throws(() => readModel('/dev/zero'), { code: 'onnx/not-a-file', exit: 2, message: /a device/ });
    const pipe = join(folder.path, 'pipe');
    execFileSync('mkfifo', [pipe]);
    assert.throws(() => readModel(pipe), { code: 'onnx/not-a-file', exit: 2, message: /a pipe/ });
    mkdirSync(join(folder.path, 'loop'));
    symlinkSync('self', join(folder.path, 'self'));
    assert.throws(() => readModel(join(folder.path, 'self')), { code: 'onnx/unreadable', exit: 2 });
    assert.ok(statSync(pipe).isFIFO());
  });
});
