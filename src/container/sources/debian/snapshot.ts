import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import * as z from 'zod';
import { Failure } from '../../../nouns/failure.ts';
import type { LockedDebianPackage } from '../../../nouns/lock.ts';
import type { Supply } from '../download.ts';

/** How Debian's own archive of old packages writes a time, in the name of the folder that is the archive at that time. */
const TIME = /^\d{8}T\d{6}Z$/;
/** More times than a local copy of such an archive has. */
const MAX_TIMES = 1000;
/** What the archive says of one package has some kilobytes. */
const MAX_ANSWER_BYTES = 2 ** 20;

const Files = z.object({
  result: z.array(z.object({ hash: z.string().regex(/^[0-9a-f]{40}$/), architecture: z.string().optional() })),
});

/**
 * Where an archive of old packages may have a package, in the layout of Debian's own (snapshot.debian.org): the archive at a time
 * where the address names one, a local copy's times, else the file that its index of all files names. An archive that is laid out
 * as a mirror serves too. What comes is checked by digest, so an address too many does no harm.
 */
export async function snapshotUrls(
  archive: string,
  locked: LockedDebianPackage,
  supply: Pick<Supply, 'http' | 'signal'>,
): Promise<readonly string[]> {
  const base = archive.replace(/\/+$/, '');
  const own = locked.archive === 'security' ? base.replace(/\/debian(?=\/|$)/, '/debian-security') : base;
  const asMirror = [...new Set([`${own}/${locked.path}`, `${base}/${locked.path}`])];
  if (TIME.test(base.slice(base.lastIndexOf('/') + 1))) return asMirror;
  const root = base.replace(/\/archive\/debian(-security)?$/, '');
  const folder = `${root}/archive/${locked.archive === 'security' ? 'debian-security' : 'debian'}`;
  if (root.startsWith('file:')) return [...(await localTimes(folder, locked)), ...asMirror];
  return [...(await namedFiles(root, { locked, supply })), ...asMirror];
}

async function localTimes(folder: string, { path }: LockedDebianPackage): Promise<readonly string[]> {
  const place = fileURLToPath(folder);
  const names = await readdir(place).catch(() => []);
  const times = names.filter((name) => TIME.test(name)).sort();
  return times.slice(-MAX_TIMES).map((time) => pathToFileURL(join(place, time, path)).href);
}

/** The archive keeps each file once, by its SHA-1, and tells which of them a version of a package is. */
async function namedFiles(
  root: string,
  { locked, supply }: { readonly locked: LockedDebianPackage; readonly supply: Pick<Supply, 'http' | 'signal'> },
): Promise<readonly string[]> {
  const { name, version, architecture } = locked;
  const request = {
    url: `${root}/mr/binary/${encodeURIComponent(name)}/${encodeURIComponent(version)}/binfiles`,
    what: `what the archive has of ${name} ${version}`,
    maxBytes: MAX_ANSWER_BYTES,
    ...(supply.signal && { signal: supply.signal }),
  };
  try {
    const answer = await supply.http.get(request, async ({ body }) => {
      const chunks: Uint8Array[] = [];
      for await (const chunk of body) chunks.push(chunk);
      return Buffer.concat(chunks).toString('utf8');
    });
    const found = Files.safeParse(JSON.parse(answer));
    const files = found.success ? found.data.result : [];
    return files
      .filter((file) => file.architecture === undefined || file.architecture === architecture)
      .map(({ hash }) => `${root}/file/${hash}`);
  } catch (error) {
    // One that has no such index may still have the package in its place.
    if (error instanceof Failure || error instanceof SyntaxError) return [];
    throw error;
  }
}
