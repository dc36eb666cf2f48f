/** The unit of the tar format: headers are one block, contents are filled up to whole ones. */
export const TAR_BLOCK = 512;

const NAME_BYTES = 100;
/** What eleven octal digits hold; above it the size goes into a pax record. */
const MAX_OCTAL_SIZE = 0o77777777777;
const CHECKSUM_OFFSET = 148;

type TypeFlag = '0' | '2' | '5' | 'x';

export interface HeaderFacts {
  readonly kind: 'file' | 'directory' | 'symlink';
  readonly path: string;
  readonly mode: number;
  /** Bytes of content; 0 for what is not a file. */
  readonly size: number;
  /** Seconds since 1970. */
  readonly mtime: number;
  readonly target: string;
}

const TYPE_FLAGS: Readonly<Record<HeaderFacts['kind'], TypeFlag>> = { file: '0', symlink: '2', directory: '5' };

/**
 * The header blocks of one entry, as POSIX.1-2001 has them: ustar, preceded by a pax header where a name is longer than its
 * field or not ASCII, or a size needs more than eleven octal digits. Owner and group are 0 and nameless.
 */
export function tarHeader(facts: HeaderFacts): Uint8Array {
  const name = Buffer.from(facts.kind === 'directory' ? `${facts.path}/` : facts.path);
  const link = Buffer.from(facts.target);
  const records = Buffer.concat([
    fitsName(name) ? NOTHING : paxRecord('path', name),
    fitsName(link) ? NOTHING : paxRecord('linkpath', link),
    facts.size <= MAX_OCTAL_SIZE ? NOTHING : paxRecord('size', Buffer.from(String(facts.size))),
  ]);
  const size = facts.size <= MAX_OCTAL_SIZE ? facts.size : 0;
  const own = block({ name, link, flag: TYPE_FLAGS[facts.kind], mode: facts.mode, size, mtime: facts.mtime });
  if (records.length === 0) return own;
  const pax = {
    name: PAX_NAME,
    link: NOTHING,
    flag: 'x',
    mode: 0o644,
    size: records.length,
    mtime: facts.mtime,
  } as const;
  return Buffer.concat([block(pax), records, Buffer.alloc(paddingOf(records.length)), own]);
}

/** Zero bytes that fill the last block of a content. */
export function paddingOf(size: number): number {
  return (TAR_BLOCK - (size % TAR_BLOCK)) % TAR_BLOCK;
}

const NOTHING = Buffer.alloc(0);
const PAX_NAME = Buffer.from('PaxHeader');

interface Fields {
  readonly name: Buffer;
  readonly link: Buffer;
  readonly flag: TypeFlag;
  readonly mode: number;
  readonly size: number;
  readonly mtime: number;
}

function block(fields: Fields): Buffer {
  const header = Buffer.alloc(TAR_BLOCK);
  fields.name.copy(header, 0, 0, NAME_BYTES);
  header.write(octal(fields.mode, 7), 100, 'latin1');
  header.write(octal(0, 7), 108, 'latin1');
  header.write(octal(0, 7), 116, 'latin1');
  header.write(octal(fields.size, 11), 124, 'latin1');
  header.write(octal(fields.mtime, 11), 136, 'latin1');
  header.write(fields.flag, 156, 'latin1');
  fields.link.copy(header, 157, 0, NAME_BYTES);
  header.write('ustar\x0000', 257, 'latin1');
  header.write(octal(0, 7), 329, 'latin1');
  header.write(octal(0, 7), 337, 'latin1');
  // The sum is taken over the header with its own field read as spaces, and ends in a zero and a space.
  header.fill(' ', CHECKSUM_OFFSET, CHECKSUM_OFFSET + 8, 'latin1');
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${octal(sum, 6)}\0 `, CHECKSUM_OFFSET, 'latin1');
  return header;
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, '0');
}

function fitsName(name: Buffer): boolean {
  return name.length <= NAME_BYTES && name.every((byte) => byte < 0x80);
}

/** `LENGTH key=value\n`, where LENGTH counts itself too. */
function paxRecord(key: string, value: Buffer): Buffer {
  const rest = Buffer.concat([Buffer.from(` ${key}=`), value, Buffer.from('\n')]);
  let length = rest.length;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return Buffer.concat([Buffer.from(String(length)), rest]);
}
