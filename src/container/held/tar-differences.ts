import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import type { Cache } from '../../cache/cache.ts';
import type { Bytes } from '../sources/decompress.ts';
import { readTar, type TarMember } from '../sources/read-tar.ts';
import { firstDifference } from './stream-differences.ts';

/** More than a reader takes in; what is beyond is counted. */
const MAX_SHOWN = 20;

/** Gives the tar anew each time. */
export type OpenTar = () => Bytes;

type Listed = TarMember & { readonly sha256: string };

/**
 * Where two layers differ, one line for each path: it is missing or too many, another kind, mode, owner, time, size or target, or
 * its content parts at a byte. Where all entries are the same, at which byte of the tar the streams part. Empty where they are equal.
 */
export async function tarDifferences(found: OpenTar, made: OpenTar, cache: Cache): Promise<readonly string[]> {
  const [old, fresh] = [await list(found()), await list(made())];
  const paths = [...new Set([...fresh.keys(), ...old.keys()])].sort();
  const differing = paths.filter((path) => render(old.get(path)) !== render(fresh.get(path)));
  const lines: string[] = [];
  for (const path of differing.slice(0, MAX_SHOWN)) {
    lines.push(`${path}: ${await describe({ path, found, made, cache }, old.get(path), fresh.get(path))}`);
  }
  if (differing.length > MAX_SHOWN) lines.push(`and ${differing.length - MAX_SHOWN} more paths`);
  if (lines.length > 0) return lines;
  const offset = await firstDifference(found(), made());
  return offset === undefined
    ? []
    : [`the same files; the tars part at byte ${offset}, in the order of entries or the form of a header`];
}

async function list(tar: Bytes): Promise<ReadonlyMap<string, Listed>> {
  const listed = new Map<string, Listed>();
  await readTar(tar, {
    what: 'a layer',
    visit: async (member, body) => {
      const hash = createHash('sha256');
      if (member.kind === 'file') for await (const chunk of body) hash.update(chunk);
      listed.set(member.path, { ...member, sha256: hash.digest('hex') });
      return undefined;
    },
  });
  return listed;
}

function render(member: Listed | undefined): string {
  return JSON.stringify(member ?? null);
}

interface Place {
  readonly path: string;
  readonly found: OpenTar;
  readonly made: OpenTar;
  readonly cache: Cache;
}

async function describe(place: Place, found: Listed | undefined, made: Listed | undefined): Promise<string> {
  if (!found) return 'it is missing from the image';
  if (!made) return 'the image has it, and nothing makes it';
  const facts = FACTS.flatMap(([what, read]) =>
    read(found) === read(made) ? [] : [`${what}: found ${read(found)}, made ${read(made)}`],
  );
  if (found.sha256 !== made.sha256 && found.kind === made.kind) {
    facts.push(`content: differs from byte ${await contentDifference(place)} of the file`);
  }
  return facts.join('; ');
}

const FACTS: readonly [what: string, read: (member: Listed) => string][] = [
  ['kind', ({ kind }) => kind],
  ['mode', ({ mode }) => mode.toString(8).padStart(4, '0')],
  ['owner', ({ owner }) => owner],
  ['time', ({ mtime }) => String(mtime)],
  ['size', ({ size }) => String(size)],
  ['target', (member) => ('target' in member ? member.target : '')],
];

/** Files may be larger than memory, so both are laid down beside the cache's content while they are compared. */
async function contentDifference({ path, found, made, cache }: Place): Promise<number> {
  const places = [cache.scratch(), cache.scratch()] as const;
  try {
    await extract(found(), { path, place: places[0] });
    await extract(made(), { path, place: places[1] });
    return (await firstDifference(createReadStream(places[0]), createReadStream(places[1]))) ?? 0;
  } finally {
    for (const place of places) await rm(place, { force: true });
  }
}

async function extract(tar: Bytes, { path, place }: { readonly path: string; readonly place: string }): Promise<void> {
  const file = await open(place, 'w');
  try {
    await readTar(tar, {
      what: 'a layer',
      visit: async (member, body) => {
        if (member.path !== path) return undefined;
        for await (const chunk of body) await file.writeFile(chunk);
        return 'stop';
      },
    });
  } finally {
    await file.close();
  }
}
