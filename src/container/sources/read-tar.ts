import { pipeline } from 'node:stream/promises';
import { type Extract, extract, type Header } from 'tar-stream';
import { EXIT, Failure } from '../../nouns/failure.ts';
import { type Bytes, damaged } from './decompress.ts';

/** Something that an archive holds, its path made relative and plain: no leading `./`, no trailing slash. */
export type TarMember = {
  readonly path: string;
  readonly mode: number;
  readonly size: number;
  /** Seconds since 1970. */
  readonly mtime: number;
  readonly uid: number;
  readonly gid: number;
  /** `UID:GID USER:GROUP`, names as far as the header has them. */
  readonly owner: string;
} & (
  | { readonly kind: 'file' | 'directory' }
  /** The target of a symlink is as it stands; that of a hard link is a path of the archive. */
  | { readonly kind: 'symlink' | 'hardlink'; readonly target: string }
);

/** The largest package read here has some 5,000 members; the bound only stops one that never ends. */
const MAX_MEMBERS = 200_000;

/** What Linux takes as a path. */
const MAX_PATH_CHARACTERS = 4096;

/** Looks at one member; `stop` says that nothing of the rest is wanted. */
export type Visit = (member: TarMember, body: Bytes) => Promise<'stop' | undefined>;

export interface TarReading {
  /** For messages. */
  readonly what: string;
  readonly visit: Visit;
  /** Told of a device or a pipe, which is refused where nobody wants to be told. */
  readonly visitSpecial?: (path: string) => void;
}

/**
 * Calls `visit` for each member of a tar archive, in the order of the archive; a body that it leaves is skipped. Throws a
 * Failure when the archive is damaged or holds a path that leads out of its root, a device or a pipe.
 */
export async function readTar(source: Bytes, reading: TarReading): Promise<void> {
  const { what } = reading;
  const archive = extract();
  const feeding = pipeline(source, archive).then(
    () => undefined,
    (error: unknown) => error,
  );
  try {
    // A reader that has seen enough leaves its source in the middle, which is no fault of the source.
    if ((await visitMembers(archive, reading)) === 'stop') return void (await feeding);
  } catch (error) {
    archive.destroy();
    throw causeOf({ feeding: await feeding, reading: error }, what);
  }
  const fault = await feeding;
  if (fault !== undefined) throw causeOf({ feeding: fault, reading: fault }, what);
}

async function visitMembers(archive: Extract, { what, visit, visitSpecial }: TarReading): Promise<'stop' | undefined> {
  let members = 0;
  for await (const entry of archive) {
    members += 1;
    if (members > MAX_MEMBERS) throw damaged(what, `it has more than ${MAX_MEMBERS} members`);
    const member = memberOf(entry.header, { what, visitSpecial });
    // tar-stream's types leave open what its streams give; they give bytes.
    if (member !== undefined && (await visit(member, entry as AsyncIterable<Uint8Array>)) === 'stop') return 'stop';
    entry.resume();
  }
  return undefined;
}

/** When one side fails, the other sees no more than a stream that closed early. */
function causeOf(
  { feeding, reading }: { readonly feeding: unknown; readonly reading: unknown },
  what: string,
): unknown {
  for (const error of [feeding, reading]) if (error instanceof Failure) return error;
  const closedEarly = (feeding as { code?: unknown } | undefined)?.code === 'ERR_STREAM_PREMATURE_CLOSE';
  if (feeding === undefined || closedEarly) return reading;
  return damaged(what, feeding instanceof Error ? feeding.message : String(feeding), feeding);
}

function memberOf(
  header: Header,
  { what, visitSpecial }: Pick<TarReading, 'what'> & { readonly visitSpecial: TarReading['visitSpecial'] },
): TarMember | undefined {
  const path = plainPath(header.name, what);
  if (path === '') return undefined;
  const { uid = 0, gid = 0, uname = '', gname = '', mtime = new Date(0) } = header;
  const facts = {
    path,
    mode: header.mode ?? 0,
    size: header.size ?? 0,
    mtime: Math.floor(mtime.getTime() / 1000),
    uid,
    gid,
    owner: `${uid}:${gid} ${uname}:${gname}`,
  };
  switch (header.type) {
    case 'file':
    case 'contiguous-file':
      return { ...facts, kind: 'file' };
    case 'directory':
      return { ...facts, kind: 'directory' };
    case 'symlink':
      return { ...facts, kind: 'symlink', target: header.linkname ?? '' };
    case 'link':
      return { ...facts, kind: 'hardlink', target: plainPath(header.linkname ?? '', what) };
    default:
      if (visitSpecial === undefined) throw badMember(what, `${path} is of the kind ${header.type ?? 'unknown'}`);
      visitSpecial(path);
      return undefined;
  }
}

function plainPath(name: string, what: string): string {
  const segments = name.replace(/\/+$/, '').split('/');
  const plain = segments.filter((segment) => segment !== '.').join('/');
  const bad =
    name.startsWith('/') || name.includes('\0') || segments.some((segment) => segment === '..' || segment === '');
  if ((bad && name.replace(/\/+$/, '') !== '') || name.startsWith('/') || plain.length > MAX_PATH_CHARACTERS) {
    throw badMember(what, `the path ${JSON.stringify(name.slice(0, 200))} is not one within the archive`);
  }
  return plain;
}

function badMember(what: string, why: string): Failure {
  return new Failure(`${what} holds what no package should: ${why}`, {
    code: 'sources/bad-member',
    exit: EXIT.findings,
    mend: 'Use another mirror or registry, and tell whoever runs this one.',
  });
}
