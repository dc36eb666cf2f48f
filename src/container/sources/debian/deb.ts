import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { type Bytes, COMPRESSED_SUFFIXES, damaged, decompress } from '../decompress.ts';
import { readTar, type Visit } from '../read-tar.ts';

/** What dpkg keeps of an installed package. */
export interface DebMetadata {
  /** The file `control` as it is. */
  readonly control: string;
  /** The file `md5sums` as it is; empty where the package has none. */
  readonly md5sums: string;
}

/** A package has three members; a few more are allowed by deb(5). */
const MAX_AR_MEMBERS = 16;
const AR_MAGIC = '!<arch>\n';
const AR_HEADER_BYTES = 60;

/** The largest, locales-all, unpacks to 236 MB. */
const MAX_DATA_BYTES = 512 * 2 ** 20;
const MAX_CONTROL_BYTES = 16 * 2 ** 20;

/** Reads the control part of a `.deb` file (deb(5)). */
export async function readDebMetadata(path: string): Promise<DebMetadata> {
  const wanted = new Map<string, string>();
  await readPart(path, {
    part: 'control.tar',
    maxBytes: MAX_CONTROL_BYTES,
    visit: async (member, body) => {
      if (member.path === 'control' || member.path === 'md5sums') wanted.set(member.path, await textOf(body));
      return undefined;
    },
  });
  const control = wanted.get('control');
  if (control === undefined) throw damaged(basename(path), 'it has no control file');
  return { control, md5sums: wanted.get('md5sums') ?? '' };
}

/** Calls `visit` for each file, folder and link that a `.deb` file installs. */
export async function readDebFiles(path: string, visit: Visit): Promise<void> {
  await readPart(path, { part: 'data.tar', maxBytes: MAX_DATA_BYTES, visit });
}

async function readPart(
  path: string,
  { part, maxBytes, visit }: { readonly part: string; readonly maxBytes: number; readonly visit: Visit },
): Promise<void> {
  const names = ['', ...COMPRESSED_SUFFIXES].map((suffix) => part + suffix);
  const member = (await readArMembers(path)).find(({ name }) => names.includes(name));
  const what = `${part} of ${basename(path)}`;
  if (member === undefined) throw damaged(what, 'there is none');
  const packed = createReadStream(path, { start: member.start, end: member.start + member.size - 1 });
  await readTar(decompress(packed, { name: `${basename(path)}/${member.name}`, maxBytes }), { what, visit });
}

interface ArMember {
  readonly name: string;
  readonly start: number;
  readonly size: number;
}

async function readArMembers(path: string): Promise<readonly ArMember[]> {
  const what = basename(path);
  const file = await open(path);
  try {
    const { size: fileBytes } = await file.stat();
    const read = async (start: number, length: number): Promise<string> => {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, start);
      if (bytesRead < length)
        throw damaged(what, `it ends at byte ${start + bytesRead}, wanted ${length} from ${start}`);
      return buffer.toString('latin1');
    };
    if ((await read(0, AR_MAGIC.length)) !== AR_MAGIC) throw damaged(what, 'it is not an ar archive');
    const members: ArMember[] = [];
    for (let at = AR_MAGIC.length; at < fileBytes && members.length < MAX_AR_MEMBERS; ) {
      const header = await read(at, AR_HEADER_BYTES);
      const size = Number(header.slice(48, 58).trim() || Number.NaN);
      const start = at + AR_HEADER_BYTES;
      if (!header.endsWith('`\n') || !Number.isInteger(size) || size < 0)
        throw damaged(what, `no ar header at byte ${at}`);
      if (start + size > fileBytes) throw damaged(what, `a member ends at byte ${start + size} of ${fileBytes}`);
      members.push({ name: header.slice(0, 16).trim().replace(/\/$/, ''), start, size });
      at = start + size + (size % 2);
    }
    return members;
  } finally {
    await file.close();
  }
}

/** All of a body as text; members of a control part are bounded by the part. */
async function textOf(body: Bytes): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}
