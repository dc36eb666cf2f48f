import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digestOf } from '../../src/nouns/digest.ts';
import { Failure } from '../../src/nouns/failure.ts';
import { LOCK_SCHEMA, renderLock, sealLock } from '../../src/nouns/lock.ts';
import { ASSEMBLER } from '../../src/nouns/tool.ts';
import { parseLock, readLock, writeLock } from '../../src/project/lock-file.ts';

const digest = digestOf('something');
const LOCK = sealLock({
  schema: LOCK_SCHEMA,
  assembler: ASSEMBLER,
  encoder: 'none',
  config: digest,
  model: { path: 'model.onnx', bytes: 9, digest, externalData: [] },
  prepared: { form: 'original', level: 'none', processor: 'any', files: [{ path: 'model.onnx', bytes: 9, digest }] },
  profile: 'lean',
  base: { distribution: 'debian', suite: 'trixie', locales: [], packages: { 'linux/amd64': [] } },
  node: { version: '24.21.0', symbols: 'removed', packages: {} },
  onnxruntime: { version: '1.30.0', packages: [] },
  server: { version: '0.1.0', bytes: 9, digest },
  plan: { bytes: 9, digest },
  layers: {
    time: 0,
    platforms: { 'linux/amd64': [{ name: 'base', mediaType: 'a tar', bytes: 9, digest, diffId: digest }] },
  },
});
const TEXT = renderLock(LOCK);

function isFailure(code: string, ...parts: readonly RegExp[]): (error: unknown) => true {
  return (error) => {
    assert.ok(error instanceof Failure, String(error));
    assert.deepEqual([error.code, error.exit], [code, 2]);
    for (const part of parts) assert.match(`${error.message} | ${error.mend}`, part);
    return true;
  };
}

describe('plimsoll.lock', () => {
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'plimsoll-lock-'));
  });
  after(async () => rm(folder, { recursive: true, force: true }));

  it('is read as it was written, also as Windows and editors leave it', () => {
    for (const text of [TEXT, TEXT.replaceAll('\n', '\r\n'), `\uFEFF${TEXT}`, JSON.stringify(LOCK)]) {
      assert.deepEqual(parseLock(text, 'plimsoll.lock'), LOCK);
    }
  });

  it('of an older assembler is told from a broken one, and what that assembler made otherwise', () => {
    const { layers: _, plan: __, ...older } = LOCK;
    assert.throws(
      () => parseLock(JSON.stringify({ ...older, assembler: 1 }), 'plimsoll.lock'),
      isFailure(
        'lock/assembler',
        /^plimsoll\.lock is of version 1 of the assembler, which kept the lock within/,
        /version 2 and would/,
      ),
    );
    const own = JSON.stringify(older);
    assert.throws(() => parseLock(own, 'plimsoll.lock'), isFailure('lock/invalid', /is not a lock: /));
    const later = JSON.stringify({ ...older, assembler: ASSEMBLER + 1 });
    assert.throws(() => parseLock(later, 'plimsoll.lock'), isFailure('lock/assembler', /which came later/));
  });

  const lines = TEXT.split('\n');
  const conflict = [
    ...lines.slice(0, 5),
    '<<<<<<< HEAD',
    lines[5],
    '=======',
    lines[5],
    '>>>>>>> other',
    ...lines.slice(6),
  ];
  const refused: readonly [string, string, string, RegExp][] = [
    [
      'of a later version',
      TEXT.replace('lock/1', 'lock/2'),
      'other-version',
      /plimsoll\.lock\/2; this version reads .*Use the version/,
    ],
    ['that was edited', TEXT.replace('24.21.0', '24.20.0'), 'edited', /its seal does not match/],
    ['with a merge conflict', conflict.join('\n'), 'conflict', /merge conflict.*git checkout --ours or --theirs/],
    ['that is empty', '', 'invalid', /is not JSON/],
    ['that breaks off', TEXT.slice(0, 300), 'invalid', /is not JSON/],
    ['that is a list', '[]', 'invalid', /is not a lock: Invalid input/],
    ['with a key too many', JSON.stringify({ ...LOCK, more: 1 }), 'invalid', /Unrecognized key: "more"/],
    ['with a key too few', JSON.stringify({ ...LOCK, node: undefined }), 'invalid', /is not a lock: node: /],
    ['for a platform that nobody builds', TEXT.replace('linux/amd64', 'linux/s390x'), 'invalid', /linux\/s390x/],
    ['with brackets without an end', '['.repeat(100_000), 'invalid', /is not JSON/],
  ];
  for (const [what, text, code, why] of refused) {
    it(`is refused ${what}, in one line`, () => {
      assert.throws(
        () => parseLock(text, 'plimsoll.lock'),
        (error) => {
          assert.ok(!(error as Error).message.includes('\n'));
          return isFailure(`lock/${code}`, /^plimsoll\.lock /, why)(error);
        },
      );
    });
  }

  it('is none where there is no file, and refused where a folder is in its place', async () => {
    assert.equal(await readLock(join(folder, 'none.lock')), undefined);
    await assert.rejects(readLock(folder), isFailure('lock/unreadable', /EISDIR/));
  });

  it('is written whole or not at all', async () => {
    const file = join(folder, 'plimsoll.lock');
    await writeFile(file, 'the old one');
    await writeLock(file, LOCK);
    assert.deepEqual(await readLock(file), LOCK);
    assert.deepEqual(await readdir(folder), ['plimsoll.lock']);
    await assert.rejects(
      writeLock(join(folder, 'nowhere', 'x.lock'), LOCK),
      isFailure('output/unwritable', /cannot write .*x\.lock/),
    );
    await assert.rejects(writeLock(join(file, 'x.lock'), LOCK), isFailure('output/unwritable', /ENOTDIR/));
  });
});
