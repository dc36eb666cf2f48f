import assert from 'node:assert/strict';
import { readerOf, withContent } from '../../../src/container/elf/read-at.ts';
import { readDynamic } from '../../../src/container/elf/read-dynamic.ts';
import { buildElf } from './build-elf.ts';

describe('The dynamic section of a program', () => {
  const file = buildElf({
    interpreter: '/lib64/ld-linux-x86-64.so.2',
    needed: ['libc.so.6', 'libm.so.6'],
    runpath: '$ORIGIN:/opt/lib',
    requires: { 'libc.so.6': ['GLIBC_2.34', 'GLIBC_2.2.5'], 'libm.so.6': ['GLIBC_2.29'] },
    provides: ['MINE_1', 'MINE_2'],
  });

  it('says what the dynamic linker reads of it', async () => {
    assert.deepEqual(await readDynamic(readerOf(file)), {
      machine: 62,
      interpreter: '/lib64/ld-linux-x86-64.so.2',
      needed: ['libc.so.6', 'libm.so.6'],
      runpath: ['$ORIGIN', '/opt/lib'],
      requires: new Map([
        ['libc.so.6', ['GLIBC_2.34', 'GLIBC_2.2.5']],
        ['libm.so.6', ['GLIBC_2.29']],
      ]),
      provides: new Set(['MINE_1', 'MINE_2']),
    });
  });

  it("is read of this machine's own Node, which is run by it", async function () {
    if (process.platform !== 'linux') this.skip();
    const path = process.execPath;
    const dynamic = await withContent({ kind: 'file', path, size: 0 }, readDynamic);
    assert.ok(dynamic?.needed.includes('libc.so.6') || dynamic?.needed.some((name) => /musl/.test(name)));
  });

  it('is nothing in what is no such file, cut anywhere or with any byte changed, and reading it ends', async () => {
    assert.equal(await readDynamic(readerOf(Buffer.from('#!/bin/sh\n'))), undefined);
    for (let length = 0; length < file.length - 16; length += 1) {
      assert.equal(await readDynamic(readerOf(file.subarray(0, length))), undefined, `${length} bytes`);
    }
    for (let offset = 0; offset < file.length; offset += 1) {
      for (const value of [0, 0x7f, 0xff]) {
        const changed = Buffer.from(file);
        changed[offset] = value;
        const dynamic = await readDynamic(readerOf(changed));
        assert.ok((dynamic?.needed.length ?? 0) <= 16);
      }
    }
  });
});
