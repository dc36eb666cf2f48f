import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withoutSymbols } from '../../../src/container/sources/without-symbols.ts';
import { Failure } from '../../../src/nouns/failure.ts';

interface Section {
  readonly name: string;
  readonly content: string;
  readonly loaded?: boolean;
}

const PROGRAM: readonly Section[] = [
  { name: '.text', content: 'what the processor runs', loaded: true },
  { name: '.data', content: 'what it works on', loaded: true },
  { name: '.debug_info', content: 'what a debugger reads'.repeat(9) },
  { name: '.symtab', content: 'names of functions'.repeat(9) },
];

describe('A program without its symbols', () => {
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'plimsoll-elf-'));
  });
  after(async () => rm(folder, { recursive: true }));

  const strip = async (file: Buffer): Promise<Buffer> => {
    const path = join(folder, 'program');
    await writeFile(path, file);
    const chunks: Uint8Array[] = [];
    for await (const chunk of withoutSymbols(path, 'program')) chunks.push(chunk);
    return Buffer.concat(chunks);
  };

  it('has what is loaded at its place, and the names and places of these sections alone', async () => {
    const before = elf(PROGRAM);
    const after = await strip(before);
    assert.ok(after.length < before.length);
    assert.deepEqual(
      sectionsOf(after).map(({ name }) => name),
      ['', '.text', '.data', '.shstrtab'],
    );
    for (const { name, offset, content } of sectionsOf(after).slice(1, 3)) {
      const old = sectionsOf(before).find((section) => section.name === name);
      assert.deepEqual({ offset, content }, { offset: old?.offset, content: old?.content });
    }
    assert.equal(after.indexOf('what a debugger reads'), -1);
    assert.deepEqual(await strip(after), after, 'a second time changes nothing');
  });

  it('stays as it is where it is no such program, or laid out as no linker does', async () => {
    const [text, data, ...rest] = PROGRAM as [Section, Section, ...Section[]];
    const large = Buffer.from(elf(PROGRAM));
    large[5] = 2;
    for (const file of [Buffer.from('#!/bin/sh\n'), Buffer.alloc(0), large, elf([text, ...rest, data]), elf([])]) {
      assert.deepEqual(await strip(file), file);
    }
  });

  it('is refused where its tables lie beyond its end', async () => {
    const file = elf(PROGRAM);
    const isDamaged = (error: unknown) => error instanceof Failure && error.code === 'sources/damaged';
    await assert.rejects(strip(file.subarray(0, file.length - 1)), isDamaged);
    const far = Buffer.from(file);
    far.writeBigUInt64LE(2n ** 63n, 0x28);
    await assert.rejects(strip(far), isDamaged);
  });
});

/** A 64-bit little-endian ELF file of these sections, the names last, as linkers lay them. */
function elf(sections: readonly Section[]): Buffer {
  const all = [...sections, { name: '.shstrtab', content: '' }];
  const names = Buffer.from(`\0${all.map(({ name }) => `${name}\0`).join('')}`);
  const contents = all.map(({ name, content }) => (name === '.shstrtab' ? names : Buffer.from(content)));
  const table = [Buffer.alloc(64)];
  let offset = 64;
  for (const [index, { name, ...section }] of all.entries()) {
    const content = contents[index] as Buffer;
    const entry = Buffer.alloc(64);
    entry.writeUInt32LE(names.indexOf(`${name}\0`), 0);
    entry.writeBigUInt64LE('loaded' in section ? 2n : 0n, 8);
    entry.writeBigUInt64LE(BigInt(offset), 24);
    entry.writeBigUInt64LE(BigInt(content.length), 32);
    table.push(entry);
    offset += content.length;
  }
  const header = Buffer.alloc(64);
  header.write('\x7fELF\x02\x01\x01', 'latin1');
  header.writeBigUInt64LE(BigInt(offset), 0x28);
  header.writeUInt16LE(table.length, 0x3c);
  header.writeUInt16LE(table.length - 1, 0x3e);
  return Buffer.concat([header, ...contents, ...table]);
}

function sectionsOf(file: Buffer) {
  const table = Number(file.readBigUInt64LE(0x28));
  const raw = Array.from({ length: file.readUInt16LE(0x3c) }, (_, index) => {
    const entry = file.subarray(table + index * 64, table + (index + 1) * 64);
    const offset = Number(entry.readBigUInt64LE(24));
    const content = file.subarray(offset, offset + Number(entry.readBigUInt64LE(32)));
    return { nameAt: entry.readUInt32LE(0), offset, content };
  });
  const names = raw[file.readUInt16LE(0x3e)]?.content ?? Buffer.alloc(0);
  return raw.map(({ nameAt, ...section }) => ({
    ...section,
    name: names.toString('latin1', nameAt, names.indexOf(0, nameAt)),
  }));
}
