import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateRawSync, gzipSync } from 'node:zlib';
import { keptVersionOf } from '../../src/convert/artefact-version.ts';
import { settleRequirements } from '../../src/convert/settle-source.ts';
import { Failure } from '../../src/nouns/failure.ts';

/** A file in an archive, packed, as far as it is read. */
function packedSchema(text: string): Buffer {
  const header = Buffer.alloc(30);
  header.writeUInt32LE(0x04034b50, 0);
  header.writeUInt16LE('schema.json'.length, 26);
  return Buffer.concat([header, Buffer.from('schema.json'), deflateRawSync(Buffer.from(text))]);
}

/** As skops writes it. */
const SCHEMA = `{"_sklearn_version": {
  "__class__": "str",
  "__module__": "builtins",
  "__loader__": "JsonNode",
  "content": "\\"1.6.1\\"", "is_json": true, "__id__": 139805 } }`;

describe('The version that a file was kept with', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'plimsoll-kept-'));
  });
  after(() => rmSync(folder, { recursive: true }));
  const put = (name: string, content: Buffer | string): string => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };

  it('is read from a packed archive of skops', async () => {
    const path = put('packed.skops', packedSchema(SCHEMA));
    assert.equal(await keptVersionOf('sklearn', path), '1.6.1');
    assert.equal(await keptVersionOf('sklearn', put('plain.skops', SCHEMA)), '1.6.1');
  });

  it('is read from a pickle that gzip packed', async () => {
    const path = put(
      'packed.joblib',
      gzipSync(Buffer.from('\u0080…_sklearn_version\u0094\u008c\u00051.4.2', 'latin1')),
    );
    assert.equal(await keptVersionOf('sklearn', path), '1.4.2');
  });

  it('is read from files of Keras and XGBoost', async () => {
    assert.equal(await keptVersionOf('keras', put('a.keras', 'PK…{"keras_version": "3.15.1", "date": 1}')), '3.15.1');
    assert.equal(await keptVersionOf('xgboost', put('a.json', '{"learner":{},"version":[3, 2, 0]}')), '3.2.0');
  });

  it('ends where a packed file goes on for ever', async () => {
    const path = put('bomb.joblib', gzipSync(Buffer.alloc(300 * 2 ** 20)));
    assert.equal(await keptVersionOf('sklearn', path), undefined);
  });

  it('decides the environment, or the failure says which there are', async () => {
    const old = put('old.pkl', '_sklearn_version\u0094\u008c\u00051.5.2');
    assert.equal((await settleRequirements({ from: 'sklearn', artefact: old }, undefined)).name, 'sklearn-1.5');
    const keras2 = put('old.keras', '{"keras_version": "2.15.0"}');
    await assert.rejects(
      settleRequirements({ from: 'keras', artefact: keras2 }, undefined),
      (error) => error instanceof Failure && error.code === 'convert/version' && /2\.15\.0.*for 3/.test(error.message),
    );
  });
});
