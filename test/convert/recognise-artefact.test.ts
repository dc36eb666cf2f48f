import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { keptVersionOf } from '../../src/convert/artefact-version.ts';
import { recogniseArtefact } from '../../src/convert/recognise-artefact.ts';
import { Failure } from '../../src/nouns/failure.ts';

describe('A framework’s file', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'plimsoll-artefact-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  const ZIP = 'PK\u0003\u0004';
  const rows: readonly (readonly [string, string, string])[] = [
    ['model.cbm', 'CBM1\u0001', 'catboost'],
    ['model.txt', 'tree\nversion=v4\n', 'lightgbm'],
    ['model.tflite', '\u001c\0\0\0TFL3', 'tensorflow'],
    ['model.json', '{"learner":{"attributes":{}}}', 'xgboost'],
    ['model.ubj', '{L\0\0\0\0\0\0\0\u0007learner{', 'xgboost'],
    ['model.pt2', ZIP, 'pytorch'],
    ['model.keras', ZIP, 'keras'],
    ['model.skops', `${ZIP}schema.json`, 'sklearn'],
    ['renamed.bin', `${ZIP}…model.weights.h5`, 'keras'],
    ['model.pkl', '\u0080\u0005', 'sklearn'],
  ];
  for (const [name, content, from] of rows) {
    it(`called ${name} is told to be of ${from} by what is in it`, async () => {
      writeFileSync(join(folder, name), Buffer.from(content, 'latin1'));
      assert.equal((await recogniseArtefact(join(folder, name))).from, from);
    });
  }

  it('may be a folder with a SavedModel', async () => {
    mkdirSync(join(folder, 'saved'));
    writeFileSync(join(folder, 'saved', 'saved_model.pb'), '');
    assert.equal((await recogniseArtefact(join(folder, 'saved'))).from, 'tensorflow');
  });

  it('that nobody knows is refused, with what is known', async () => {
    writeFileSync(join(folder, 'notes.txt'), 'tree surgery');
    await assert.rejects(
      recogniseArtefact(join(folder, 'notes.txt')),
      (error) => error instanceof Failure && error.code === 'convert/unknown-artefact' && /\.skops/.test(error.mend),
    );
  });

  const ALMOST: readonly (readonly [string, string, RegExp])[] = [
    ['model.h5', '\u0089HDF\r\n\u001a\n', /model\.save\('model\.keras'\)/],
    ['weights.pt', `${ZIP}archive/data.pkl`, /module:function/],
    ['model.safetensors', '\u0008\0\0\0\0\0\0\0{}', /module:function/],
  ];
  for (const [name, content, mend] of ALMOST) {
    it(`called ${name} holds no program, and the mend says how to have one`, async () => {
      writeFileSync(join(folder, name), Buffer.from(content, 'latin1'));
      await assert.rejects(
        recogniseArtefact(join(folder, name)),
        (error) => error instanceof Failure && error.code === 'convert/unknown-artefact' && mend.test(error.mend),
      );
    });
  }

  it('tells which scikit-learn kept it, also compressed and across chunks, and nothing of it is run', async () => {
    const pickle = Buffer.concat([
      Buffer.alloc(65_530, 0x2e),
      Buffer.from('\u008c\u0010_sklearn_version\u0094\u008c\u00051.5.2\u0094', 'latin1'),
    ]);
    writeFileSync(join(folder, 'plain.pkl'), pickle);
    writeFileSync(join(folder, 'packed.joblib'), deflateSync(pickle));
    assert.equal(await keptVersionOf('sklearn', join(folder, 'plain.pkl')), '1.5.2');
    assert.equal(await keptVersionOf('sklearn', join(folder, 'packed.joblib')), '1.5.2');
  });

  it('that does not say, or is damaged, has no version', async () => {
    writeFileSync(join(folder, 'damaged.joblib'), Buffer.from([0x78, 0x9c, 1, 2, 3]));
    assert.equal(await keptVersionOf('sklearn', join(folder, 'damaged.joblib')), undefined);
    assert.equal(await keptVersionOf('sklearn', join(folder, 'nowhere.pkl')), undefined);
  });
});
