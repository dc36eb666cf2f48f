import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { Failure } from '../../src/nouns/failure.ts';
import { encodeModel } from '../../src/onnx/encode-model.ts';
import type { Model, Tensor } from '../../src/onnx/model.ts';
import { readModel } from '../../src/onnx/read-model.ts';
import { field } from './bytes.ts';
import { bundleFiles, CORPUS, corpusModels, HAS_CORPUS } from './corpus.ts';
import { digest, factsOf } from './facts.ts';
import { withoutOrigins } from './without-origins.ts';

interface Row {
  readonly facts?: string;
  readonly error?: string;
}

/** Made by scripts/record-onnx-facts.py with the `onnx` package, which is the oracle here. */
const RECORDED = JSON.parse(gunzipSync(readFileSync('test/onnx/fixtures/onnx-facts.json.gz')).toString()) as {
  readonly models: Readonly<Record<string, Row>>;
};

const BUNDLES = ['node', 'pytorch-converted', 'pytorch-operator', 'simple'].map(
  (name) => `onnx-backend-${name}.shared.tar.gz`,
);

describe('every model of the public corpus', () => {
  let folder = '';
  before(function () {
    if (!HAS_CORPUS) {
      console.log(`        the corpus is missing: ${Object.keys(RECORDED.models).length} models not read`);
      this.skip();
    }
    folder = mkdtempSync(join(tmpdir(), 'plimsoll-corpus-'));
  });
  after(() => {
    if (folder !== '') rmSync(folder, { recursive: true });
  });

  it('is read as the onnx package reads it', () => {
    let compared = 0;
    for (const name of corpusModels()) {
      const row = RECORDED.models[name];
      assert.ok(row, `${name} is not in the fixture; record it again`);
      compareModel(name, { row, read: () => facts(join(CORPUS, name), []) });
      compared++;
    }
    assert.ok(compared >= 80, `only ${compared} models compared`);
  });

  for (const bundle of BUNDLES) {
    it(`is read as the onnx package reads it, in ${bundle} with the tensors of its cases`, async () => {
      const files = await bundleFiles(join('bundles', bundle));
      const casesByFolder = casesOfModels(files);
      for (const [name, bytes] of files) {
        if (!name.endsWith('model.onnx')) continue;
        const row = RECORDED.models[`bundles/${bundle}!${name}`];
        assert.ok(row, `${name} is not in the fixture; record it again`);
        const cases = casesByFolder.get(name.slice(0, name.lastIndexOf('/'))) ?? [];
        const path = join(folder, 'model.onnx');
        writeFileSync(path, bytes);
        compareModel(name, { row, read: () => facts(path, cases) });
      }
    });
  }

  it('is written back byte for byte where nothing was changed', () => {
    for (const { name, model } of readable()) {
      assert.ok(readFileSync(join(CORPUS, name)).equals(encodeModel(model)), name);
    }
  });

  it('says the same after every one of its messages was encoded anew', () => {
    for (const { name, model } of readable()) {
      if (model.fileBytes > 1_000_000) continue;
      const path = join(folder, 'encoded.onnx');
      writeFileSync(path, encodeModel(withoutOrigins(model)));
      const [after, before] = [readModel(path), model].map((value) => comparable(factsOf(value, [])));
      if (after !== before) assert.equal(after, before, name);
    }
  });
});

function compareModel(name: string, asked: { readonly row: Row; readonly read: () => readonly string[] }): void {
  if (asked.row.error !== undefined) {
    assert.throws(asked.read, Failure, name);
    return;
  }
  assert.equal(digest(asked.read().join('\n')), asked.row.facts, `${name}: see scripts/record-onnx-facts.py --show`);
}

type Case = readonly [name: string, bytes: Uint8Array];

/** Test tensors by the folder of their model, two above their own. */
function casesOfModels(files: ReadonlyMap<string, Uint8Array>): ReadonlyMap<string, readonly Case[]> {
  const cases = new Map<string, Case[]>();
  for (const [name, bytes] of files) {
    if (!name.endsWith('.pb')) continue;
    const folder = name.split('/').slice(0, -2).join('/');
    cases.set(folder, [...(cases.get(folder) ?? []), [name, bytes]]);
  }
  return cases;
}

function facts(path: string, cases: readonly Case[]): readonly string[] {
  const model = readModel(path);
  return factsOf(model, casesOf(model, { cases, wrapped: `${path}.cases.onnx` }));
}

/** Test tensors, read as the initializers of a model around them; values that are no tensors are left out. */
function casesOf(
  model: Model,
  from: { readonly cases: readonly Case[]; readonly wrapped: string },
): readonly { model: Model; tensor: Tensor }[] {
  const tensors = from.cases.filter(([name]) => {
    const infos = name.includes('/input_') ? model.graph.inputs : model.graph.outputs;
    return infos[Number(/_(\d+)\.pb$/.exec(name)?.[1])]?.type?.kind === 'tensor';
  });
  if (tensors.length === 0) return [];
  const sorted = tensors.sort(([a], [b]) => (a < b ? -1 : 1));
  writeFileSync(from.wrapped, field(7, ...sorted.map(([, bytes]) => field(5, bytes))));
  const owner = readModel(from.wrapped);
  return owner.graph.initializers.map((tensor) => ({ model: owner, tensor }));
}

/** Encoding anew gives each attribute the type that it lacked. */
function comparable(lines: readonly string[]): string {
  return lines.map((line) => line.replace(/^(attribute "(?:[^"\\]|\\.)*") \d+/, '$1')).join('\n');
}

function* readable(): Generator<{ name: string; model: Model }> {
  for (const name of corpusModels()) {
    if (RECORDED.models[name]?.error === undefined) yield { name, model: readModel(join(CORPUS, name)) };
  }
}
