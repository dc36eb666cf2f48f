import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { damaged } from './decompress.ts';

/** Sizes and places of the fields of a 64-bit ELF file that are used here (System V ABI, object files). */
const HEADER_BYTES = 64;
const SECTION_BYTES = 64;
const FIELD = { sectionTable: 0x28, sectionCount: 0x3c, nameSection: 0x3e } as const;
const SECTION = { flags: 8, offset: 24, size: 32 } as const;
/** The section is in memory while the program runs. */
const ALLOCATED = 2n;
/** Node's binary has 45; the bound keeps a damaged table from being read for long. */
const MAX_SECTIONS = 1024;
const NAMES_LIMIT = 2 ** 20;

/**
 * A program without what only debuggers read: symbol tables and debugging information, a seventh of Node. What is loaded into
 * memory stays byte for byte where it was, so the program is the same. A file that is no 64-bit little-endian ELF, or whose sections
 * lie otherwise than linkers lay them, is given as it is.
 */
export async function* withoutSymbols(path: string, what: string): AsyncGenerator<Uint8Array> {
  const plan = await planOf(path, what);
  if (plan === undefined) return yield* createReadStream(path);
  yield plan.header;
  yield* createReadStream(path, { start: HEADER_BYTES, end: plan.keptBytes - 1 });
  yield plan.tail;
}

interface StripPlan {
  readonly header: Buffer;
  /** Up to here the file stays as it is. */
  readonly keptBytes: number;
  /** Names of the sections that stay, and their table. */
  readonly tail: Buffer;
}

async function planOf(path: string, what: string): Promise<StripPlan | undefined> {
  const file = await open(path);
  try {
    const header = await read(file, { start: 0, length: HEADER_BYTES });
    if (header === undefined || header.readUInt32BE(0) !== 0x7f454c46 || header[4] !== 2 || header[5] !== 1)
      return undefined;
    const count = header.readUInt16LE(FIELD.sectionCount);
    if (count === 0 || count > MAX_SECTIONS) return undefined;
    const start = Number(header.readBigUInt64LE(FIELD.sectionTable));
    const table = await read(file, { start, length: count * SECTION_BYTES });
    if (table === undefined) throw damaged(what, 'its section table lies beyond its end');
    const sections = Array.from({ length: count }, (_, index) =>
      table.subarray(index * SECTION_BYTES, (index + 1) * SECTION_BYTES),
    );
    return await layOut({ file, header, sections }, what);
  } finally {
    await file.close();
  }
}

async function layOut(
  { file, header, sections }: { file: FileHandle; header: Buffer; sections: readonly Buffer[] },
  what: string,
): Promise<StripPlan | undefined> {
  const isLoaded = (section: Buffer) => (section.readBigUInt64LE(SECTION.flags) & ALLOCATED) !== 0n;
  const offsetOf = (section: Buffer) => Number(section.readBigUInt64LE(SECTION.offset));
  // The first section is the empty one. Those that stay have to be the first, so that the numbers by which they refer to each other hold.
  const kept = 1 + sections.slice(1).findIndex((section) => !isLoaded(section));
  const gone = sections.slice(kept);
  if (kept < 2 || gone.some(isLoaded)) return undefined;
  const keptBytes = Math.min(...gone.map(offsetOf));
  if (sections.slice(1, kept).some((section) => offsetOf(section) > keptBytes)) return undefined;
  const nameSection = sections[header.readUInt16LE(FIELD.nameSection)];
  const names = nameSection && (await contentOf(file, nameSection));
  if (nameSection === undefined || names === undefined) throw damaged(what, 'its section names lie beyond its end');
  return {
    header: headerFor(header, { kept, keptBytes, names }),
    keptBytes,
    tail: tailFor(sections, { kept, keptBytes, names, nameSection }),
  };
}

/** The names stay whole: they are some hundred bytes, and every section keeps its place in them. */
function tailFor(
  sections: readonly Buffer[],
  { kept, keptBytes, names, nameSection }: { kept: number; keptBytes: number; names: Buffer; nameSection: Buffer },
): Buffer {
  const ownNames = Buffer.from(nameSection);
  ownNames.writeBigUInt64LE(BigInt(keptBytes), SECTION.offset);
  return Buffer.concat([
    names,
    Buffer.alloc(paddingOf(keptBytes + names.length)),
    ...sections.slice(0, kept),
    ownNames,
  ]);
}

function headerFor(
  header: Buffer,
  { kept, keptBytes, names }: { kept: number; keptBytes: number; names: Buffer },
): Buffer {
  const fresh = Buffer.from(header);
  const table = keptBytes + names.length + paddingOf(keptBytes + names.length);
  fresh.writeBigUInt64LE(BigInt(table), FIELD.sectionTable);
  fresh.writeUInt16LE(kept + 1, FIELD.sectionCount);
  fresh.writeUInt16LE(kept, FIELD.nameSection);
  return fresh;
}

/** The table is aligned as its fields are. */
function paddingOf(offset: number): number {
  return (8 - (offset % 8)) % 8;
}

async function contentOf(file: FileHandle, section: Buffer): Promise<Buffer | undefined> {
  const length = Number(section.readBigUInt64LE(SECTION.size));
  if (length > NAMES_LIMIT) return undefined;
  return read(file, { start: Number(section.readBigUInt64LE(SECTION.offset)), length });
}

/** Nothing where the file is shorter. */
async function read(
  file: FileHandle,
  { start, length }: { readonly start: number; readonly length: number },
): Promise<Buffer | undefined> {
  if (!Number.isSafeInteger(start)) return undefined;
  const { bytesRead, buffer } = await file.read(Buffer.alloc(length), 0, length, start);
  return bytesRead === length ? buffer : undefined;
}
