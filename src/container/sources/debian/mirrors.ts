import { EXIT, Failure } from '../../../nouns/failure.ts';
import type { AptSource } from './apt-configuration.ts';

/** Base addresses without a final slash, in the order in which they are tried. */
export interface DebianMirrors {
  /** Has `dists/` and `pool/` of the release and its updates. */
  readonly archive: readonly string[];
  /** The same of the security archive; empty where its user has said that there is none. */
  readonly security: readonly string[];
}

export interface MirrorSettings {
  /** From the project's configuration; stronger than the environment. */
  readonly setting?: { readonly archive?: string; readonly security?: string };
  /** Read for `PLIMSOLL_DEBIAN_MIRROR` and `PLIMSOLL_DEBIAN_SECURITY_MIRROR`. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What apt on this machine uses. */
  readonly aptConfiguration: readonly AptSource[];
}

const CODENAMES = 'bullseye|bookworm|trixie|forky|duke|sid|oldoldstable|oldstable|stable|testing|unstable';
const ARCHIVE_SUITE = new RegExp(`^(${CODENAMES})(-updates)?$`);
const SECURITY_SUITE = new RegExp(`^(${CODENAMES})(-security|/updates)$`);

/**
 * Where Debian packages come from: what the user set, else what this machine's apt uses. Security updates come from the mirror
 * set for them (`none` does without), else from apt's, else from beside the archive. Throws a Failure when nothing says.
 */
export function debianMirrors({ setting = {}, env, aptConfiguration }: MirrorSettings): DebianMirrors {
  const chosen = setting.archive || env.PLIMSOLL_DEBIAN_MIRROR;
  const archive = chosen ? split(chosen) : aptMirrors(aptConfiguration, ARCHIVE_SUITE);
  if (archive.length === 0) throw noMirror();
  const security = setting.security || env.PLIMSOLL_DEBIAN_SECURITY_MIRROR;
  if (security === 'none') return { archive, security: [] };
  if (security) return { archive, security: split(security) };
  const known = chosen ? [] : aptMirrors(aptConfiguration, SECURITY_SUITE);
  return { archive, security: known.length > 0 ? known : archive.map(besideArchive) };
}

function split(text: string): readonly string[] {
  const mirrors = text.split(/[\s,]+/).filter((mirror) => mirror !== '');
  for (const mirror of mirrors) {
    if (!isMirrorAddress(mirror)) throw badMirror(mirror);
  }
  return mirrors.map(withoutSlash);
}

/** Debian's own sources of apt; other vendors' are recognised by their own key, component or suite. */
function aptMirrors(sources: readonly AptSource[], suite: RegExp): readonly string[] {
  const usable = sources.filter(
    (source) =>
      suite.test(source.suite) &&
      source.components.includes('main') &&
      isMirrorAddress(source.uri) &&
      (source.signedBy === undefined || source.signedBy.includes('debian-archive')),
  );
  const likely = usable.filter(({ uri, signedBy }) => signedBy !== undefined || /\/debian(-security)?\/?$/.test(uri));
  return [...new Set([...likely, ...usable].map(({ uri }) => withoutSlash(uri)))];
}

function besideArchive(mirror: string): string {
  return mirror.endsWith('/debian')
    ? `${mirror}-security`
    : `${mirror.slice(0, mirror.lastIndexOf('/'))}/debian-security`;
}

function isMirrorAddress(text: string): boolean {
  return URL.canParse(text) && ['http:', 'https:', 'file:'].includes(new URL(text).protocol);
}

function withoutSlash(uri: string): string {
  return uri.replace(/\/+$/, '');
}

function badMirror(mirror: string): Failure {
  return new Failure(`"${mirror}" is not the address of a Debian mirror; wanted http, https or file`, {
    code: 'debian/bad-mirror',
    exit: EXIT.usage,
    mend: 'Write the folder that holds dists/ and pool/, such as http://HOST/debian or file:///srv/mirror/debian.',
  });
}

function noMirror(): Failure {
  return new Failure(
    'no Debian mirror is known: none is set, and this machine has no apt configuration that names one',
    {
      code: 'debian/no-mirror',
      exit: EXIT.usage,
      mend: 'Set PLIMSOLL_DEBIAN_MIRROR to a mirror such as http://HOST/debian; Debian lists its mirrors at https://www.debian.org/mirror/list.',
    },
  );
}
