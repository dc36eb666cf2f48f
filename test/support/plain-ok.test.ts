import assert, { ok } from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

describe('assert.ok in tests', () => {
  const folder = mkdtempSync(join(tmpdir(), 'plimsoll-ok-'));
  after(() => rmSync(folder, { recursive: true }));

  it('fails with the value, without a look for its own text', async () => {
    const file = join(folder, 'failing.mjs');
    writeFileSync(
      file,
      "import assert, { ok } from 'node:assert/strict';\nexport const calls = [() => assert.ok(0), () => ok(0)];\n",
    );
    const { calls } = (await import(pathToFileURL(file).href)) as { calls: (() => void)[] };
    for (const call of calls) assert.throws(call, { code: 'ERR_ASSERTION', actual: 0, message: '0 == true' });
  });

  it('fails with the message or the error that it is given, and lets pass what is true', () => {
    assert.throws(() => ok('', 'it is empty'), { code: 'ERR_ASSERTION', message: 'it is empty' });
    assert.throws(() => ok(null, new RangeError('too few')), new RangeError('too few'));
    ok(1);
  });
});
