/** What the dynamic linker reads of a program or library (System V ABI, dynamic linking; GNU symbol versions). */
export interface Dynamic {
  /** Of the processor, as ELF numbers them. */
  readonly machine: number;
  /** Path of the program interpreter; nothing in a library. */
  readonly interpreter: string | undefined;
  /** Names of the libraries that it needs. */
  readonly needed: readonly string[];
  /** Folders to look for them in first, as they stand: `$ORIGIN` is the folder of the file itself. */
  readonly runpath: readonly string[];
  /** Which versions of their symbols it needs, by library. */
  readonly requires: ReadonlyMap<string, readonly string[]>;
  /** Which versions of symbols it has. */
  readonly provides: ReadonlySet<string>;
}

/** Gives bytes of a file; fewer where it ends. */
export type ReadAt = (offset: number, length: number) => Promise<Buffer>;

export const MACHINES: Readonly<Record<'amd64' | 'arm64', number>> = { amd64: 62, arm64: 183 };

const HEADER_BYTES = 64;
const SEGMENT_BYTES = 56;
const SEGMENT = { load: 1, dynamic: 2, interpreter: 3 } as const;
const TAG = { needed: 1, strings: 5, stringsSize: 10, rpath: 15, runpath: 29 } as const;
const VERSION_TAG = {
  defined: 0x6ffffffc,
  definedCount: 0x6ffffffd,
  needed: 0x6ffffffe,
  neededCount: 0x6fffffff,
} as const;
/** A version that a program can do without. */
const WEAK = 0x2;

/** Programs have a dozen segments, some hundred dynamic entries, and a megabyte or two of names (Node's have two). */
const MAX_SEGMENTS = 512;
const MAX_DYNAMIC_BYTES = 2 ** 20;
const MAX_STRINGS_BYTES = 64 * 2 ** 20;
const MAX_VERSIONS = 4096;
const MAX_NAME_BYTES = 4096;
/** Version records lie together; glibc's own take 2 KB. */
const MAX_VERSION_BYTES = 2 ** 20;

/**
 * The dynamic section of a 64-bit little-endian ELF file; nothing for any other file, for one without such a section, and for one
 * whose tables lead out of it, which no linker would load.
 */
export async function readDynamic(readAt: ReadAt): Promise<Dynamic | undefined> {
  try {
    return await read(readAt);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

async function read(readAt: ReadAt): Promise<Dynamic | undefined> {
  const header = await readAt(0, HEADER_BYTES);
  if (header.length < HEADER_BYTES || header.readUInt32BE(0) !== 0x7f454c46 || header[4] !== 2 || header[5] !== 1)
    return undefined;
  const count = header.readUInt16LE(56);
  if (count > MAX_SEGMENTS || header.readUInt16LE(54) !== SEGMENT_BYTES) return undefined;
  const table = await whole(readAt, numberAt(header, 32), count * SEGMENT_BYTES);
  const segments = Array.from({ length: count }, (_, index) => segmentAt(table, index * SEGMENT_BYTES));
  const dynamic = segments.find(({ type }) => type === SEGMENT.dynamic);
  if (dynamic === undefined || dynamic.fileBytes > MAX_DYNAMIC_BYTES) return undefined;
  const interpreter = segments.find(({ type }) => type === SEGMENT.interpreter);
  const entries = entriesOf(await whole(readAt, dynamic.offset, dynamic.fileBytes));
  const value = (tag: number) => entries.find((entry) => entry.tag === tag)?.value;
  const fileOffset = (address: number | undefined): number => {
    const at = segments.find(
      ({ type, address: from, fileBytes }) =>
        type === SEGMENT.load && address !== undefined && address >= from && address < from + fileBytes,
    );
    if (at === undefined || address === undefined) throw new RangeError('an address that no segment has');
    return at.offset + address - at.address;
  };
  const stringsBytes = value(TAG.stringsSize) ?? 0;
  if (stringsBytes > MAX_STRINGS_BYTES) return undefined;
  const strings = await whole(readAt, fileOffset(value(TAG.strings)), stringsBytes);
  const versionsAt = async (tag: number): Promise<Buffer | undefined> =>
    value(tag) === undefined ? undefined : readAt(fileOffset(value(tag)), MAX_VERSION_BYTES);
  const runpath = value(TAG.runpath) ?? value(TAG.rpath);
  return {
    machine: header.readUInt16LE(18),
    interpreter:
      interpreter &&
      textAt(await whole(readAt, interpreter.offset, Math.min(interpreter.fileBytes, MAX_NAME_BYTES)), 0),
    needed: entries.filter(({ tag }) => tag === TAG.needed).map((entry) => textAt(strings, entry.value)),
    runpath:
      runpath === undefined
        ? []
        : textAt(strings, runpath)
            .split(':')
            .filter((folder) => folder !== ''),
    requires: requiredVersions(await versionsAt(VERSION_TAG.needed), {
      count: value(VERSION_TAG.neededCount) ?? 0,
      strings,
    }),
    provides: definedVersions(await versionsAt(VERSION_TAG.defined), {
      count: value(VERSION_TAG.definedCount) ?? 0,
      strings,
    }),
  };
}

interface Segment {
  readonly type: number;
  readonly offset: number;
  readonly address: number;
  readonly fileBytes: number;
}

function segmentAt(table: Buffer, offset: number): Segment {
  return {
    type: table.readUInt32LE(offset),
    offset: numberAt(table, offset + 8),
    address: numberAt(table, offset + 16),
    fileBytes: numberAt(table, offset + 32),
  };
}

function entriesOf(section: Buffer): readonly { readonly tag: number; readonly value: number }[] {
  const entries: { tag: number; value: number }[] = [];
  for (let offset = 0; offset + 16 <= section.length; offset += 16) {
    const tag = Number(section.readBigUInt64LE(offset));
    if (tag === 0) break;
    // Values that are no address or offset may be anything; those that are asked for are held against their tables.
    entries.push({ tag, value: Number(section.readBigUInt64LE(offset + 8)) });
  }
  return entries;
}

function requiredVersions(
  table: Buffer | undefined,
  { count, strings }: { readonly count: number; readonly strings: Buffer },
): ReadonlyMap<string, readonly string[]> {
  const required = new Map<string, readonly string[]>();
  if (table === undefined) return required;
  let offset = 0;
  for (let index = 0; index < Math.min(count, MAX_VERSIONS); index += 1) {
    const file = textAt(strings, table.readUInt32LE(offset + 4));
    const versions: string[] = [];
    let at = offset + table.readUInt32LE(offset + 8);
    for (let left = Math.min(table.readUInt16LE(offset + 2), MAX_VERSIONS); left > 0; left -= 1) {
      if ((table.readUInt16LE(at + 4) & WEAK) === 0) versions.push(textAt(strings, table.readUInt32LE(at + 8)));
      at += table.readUInt32LE(at + 12);
    }
    required.set(file, [...(required.get(file) ?? []), ...versions]);
    offset += table.readUInt32LE(offset + 12);
  }
  return required;
}

function definedVersions(
  table: Buffer | undefined,
  { count, strings }: { readonly count: number; readonly strings: Buffer },
): ReadonlySet<string> {
  const defined = new Set<string>();
  if (table === undefined) return defined;
  let offset = 0;
  for (let index = 0; index < Math.min(count, MAX_VERSIONS); index += 1) {
    // The first name of a version is its own; the others are what it follows.
    defined.add(textAt(strings, table.readUInt32LE(offset + table.readUInt32LE(offset + 12))));
    offset += table.readUInt32LE(offset + 16);
  }
  return defined;
}

function textAt(strings: Buffer, offset: number): string {
  if (offset > strings.length) throw new RangeError('a name beyond the names');
  const end = strings.indexOf(0, offset);
  return strings.toString('utf8', offset, Math.min(end < 0 ? strings.length : end, offset + MAX_NAME_BYTES));
}

function numberAt(buffer: Buffer, offset: number): number {
  const value = Number(buffer.readBigUInt64LE(offset));
  if (!Number.isSafeInteger(value)) throw new RangeError('a number beyond any file');
  return value;
}

async function whole(readAt: ReadAt, offset: number, length: number): Promise<Buffer> {
  const bytes = await readAt(offset, length);
  if (bytes.length < length) throw new RangeError('a table beyond the end of the file');
  return bytes;
}
