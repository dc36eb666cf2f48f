import { EXIT, Failure } from '../../nouns/failure.ts';
import type { LockedDebianPackage } from '../../nouns/lock.ts';
import { PLATFORMS, type Platform } from '../../nouns/platform.ts';
import { DEBIAN_ARCHIVE_KEYS } from './debian/archive-keys.ts';
import type { DebianMirrors } from './debian/mirrors.ts';
import { type IndexedPackage, isPoolPath, readPackageIndex } from './debian/package-index.ts';
import { assertCurrent, parseRelease, type Release } from './debian/release.ts';
import { type PinnedKey, verifySignedText } from './debian/signature.ts';
import { snapshotUrls } from './debian/snapshot.ts';
import { mirrorsOf, SUITES, type Suite } from './debian/suites.ts';
import { compareVersions } from './debian/version.ts';
import { isCandidate, wantedNames } from './debian/wanted-packages.ts';
import { download, fromFirst, type Supply } from './download.ts';
import { fetchAll } from './fetch-all.ts';

export interface ResolveBase {
  readonly platforms: readonly Platform[];
  /** Locales wanted beside C.UTF-8, such as `en_US.UTF-8`. */
  readonly locales: readonly string[];
  readonly mirrors: DebianMirrors;
  readonly now: Date;
  /** Takes indexes that are past their date; for archives that are kept as they were. */
  readonly acceptExpired?: boolean;
  /** Who may sign; Debian's archive, when nothing is said. */
  readonly keys?: readonly PinnedKey[];
}

/** An InRelease file has some 140 KB. */
const MAX_RELEASE_BYTES = 8 * 2 ** 20;

/** The index in the forms that suites list it in, the quickest to unpack first. */
const INDEX_NAMES = ['Packages.gz', 'Packages.xz'] as const;

/**
 * Finds the newest version of each package of the base in the release, its updates and its security updates. Signatures and
 * dates of the indexes are checked, the indexes themselves by digest. Throws a Failure when one of these does not hold.
 */
export async function resolveBase(
  wanted: ResolveBase,
  supply: Supply,
): Promise<Partial<Record<Platform, LockedDebianPackage[]>>> {
  const suites = SUITES.filter((suite) => suite.mirrorsOf(wanted.mirrors).length > 0);
  const releases = await fetchAll(
    suites.map((suite) => async (via) => ({ suite, ...(await fetchRelease(suite, { wanted, supply: via })) })),
    { supply },
  );
  const tasks = wanted.platforms.flatMap((platform) => releases.map((release) => ({ platform, ...release })));
  const indexes = await fetchAll(
    tasks.map((task) => async (via) => ({ ...task, packages: await fetchIndex(task, via) })),
    { supply },
  );
  return Object.fromEntries(
    wanted.platforms.map((platform) => {
      const found = indexes
        .filter((index) => index.platform === platform)
        .flatMap(({ suite, packages }) => packages.map((indexed) => ({ indexed, suite })));
      return [platform, choosePackages(found, { platform, locales: wanted.locales })];
    }),
  );
}

/** Where packages of a lock come from. */
export interface DebianSources extends Supply {
  /** Asked only when something has to be fetched. Throws a Failure where there is none. */
  readonly mirrors: () => Promise<DebianMirrors>;
  /** Archives of old packages, for what mirrors have dropped. */
  readonly archives: readonly string[];
}

/** Fetches a package of a lock, from the cache, the mirrors or an archive, in this order, and gives the path of its `.deb` file. */
export async function fetchDebianPackage(
  locked: LockedDebianPackage,
  { mirrors, archives, ...supply }: DebianSources,
): Promise<string> {
  const what = `${locked.name} ${locked.version} (Debian package, ${locked.architecture})`;
  // A lock can be edited by hand, and mirrors may be local folders.
  if (!isPoolPath(locked.path)) {
    throw new Failure(`${what}: "${locked.path}" is not a path of Debian's pool`, {
      code: 'debian/bad-path',
      exit: EXIT.usage,
      mend: 'Delete the lock and run plimsoll package again to resolve anew.',
    });
  }
  const kept = await supply.cache.find(locked.digest);
  if (kept !== undefined) return kept;
  return fromFirst(['', ...archives], async (archive) => {
    const urls =
      archive === ''
        ? mirrorsOf(locked.archive, await mirrors()).map((mirror) => `${mirror}/${locked.path}`)
        : await snapshotUrls(archive, locked, supply);
    if (urls.length === 0) throw noSecurityMirror(what);
    return (await download({ what, urls, maxBytes: locked.bytes, expected: locked.digest }, supply)).path;
  });
}

function noSecurityMirror(what: string): Failure {
  return new Failure(`${what} is of Debian's security archive, for which no mirror is set`, {
    code: 'debian/no-mirror',
    exit: EXIT.usage,
    mend: 'Set PLIMSOLL_DEBIAN_SECURITY_MIRROR to a mirror such as http://HOST/debian-security.',
  });
}

interface SignedRelease {
  readonly release: Release;
  /** The mirror that gave it, without a final slash. */
  readonly mirror: string;
}

async function fetchRelease(
  suite: Suite,
  { wanted, supply }: { readonly wanted: ResolveBase; readonly supply: Supply },
): Promise<SignedRelease> {
  const what = `the index of Debian ${suite.codename} (InRelease)`;
  const { keys = DEBIAN_ARCHIVE_KEYS, now, acceptExpired = false } = wanted;
  return fromFirst(suite.mirrorsOf(wanted.mirrors), async (mirror) => {
    const url = `${mirror}/dists/${suite.codename}/InRelease`;
    const request = { url, what, maxBytes: MAX_RELEASE_BYTES, ...(supply.signal && { signal: supply.signal }) };
    const armoured = await supply.http.get(request, async ({ body }) => {
      const chunks: Uint8Array[] = [];
      for await (const chunk of body) chunks.push(chunk);
      return Buffer.concat(chunks).toString('utf8');
    });
    const release = parseRelease(await verifySignedText(armoured, { keys, now, what }), what);
    assertCurrent(release, { codename: suite.codename, now, what, acceptExpired });
    return { release, mirror };
  });
}

async function fetchIndex(
  { platform, suite, release, mirror }: SignedRelease & { readonly platform: Platform; readonly suite: Suite },
  supply: Supply,
): Promise<readonly IndexedPackage[]> {
  const folder = `main/binary-${PLATFORMS[platform].debianArchitecture}`;
  const what = `the package list of Debian ${suite.codename} (${PLATFORMS[platform].debianArchitecture})`;
  for (const name of INDEX_NAMES) {
    const listed = release.indexes.get(`${folder}/${name}`);
    if (listed === undefined) continue;
    const base = `${mirror}/dists/${suite.codename}/${folder}`;
    const hex = listed.digest.slice('sha256:'.length);
    // By its digest an index can be had even while the mirror is being updated; small mirrors lack those names.
    const urls = [`${base}/by-hash/SHA256/${hex}`, `${base}/${name}`];
    const blob = await download({ what, urls, maxBytes: listed.bytes, expected: listed.digest }, supply);
    return readPackageIndex(blob.path, { name: `${what}, ${name}`, isWanted: isCandidate });
  }
  throw new Failure(`${what} is not listed in the signed index of ${mirror}; wanted ${INDEX_NAMES.join(' or ')}`, {
    code: 'debian/bad-index',
    exit: EXIT.usage,
    mend: 'Use a mirror that carries this architecture.',
  });
}

interface Found {
  readonly indexed: IndexedPackage;
  readonly suite: Suite;
}

function choosePackages(
  found: readonly Found[],
  { platform, locales }: { readonly platform: Platform; readonly locales: readonly string[] },
): LockedDebianPackage[] {
  const newest = new Map<string, Found>();
  for (const candidate of found) {
    const best = newest.get(candidate.indexed.name);
    if (best === undefined || compareVersions(candidate.indexed.version, best.indexed.version) > 0) {
      newest.set(candidate.indexed.name, candidate);
    }
  }
  return wantedNames(newest.get('libgcc-s1')?.indexed, { locales }).map((name) => {
    const chosen = newest.get(name);
    if (chosen === undefined) throw missing(name, platform);
    const { depends: _, ...indexed } = chosen.indexed;
    return { ...indexed, archive: chosen.suite.archive };
  });
}

function missing(name: string, platform: Platform): Failure {
  return new Failure(`the mirrors list no package ${name} for ${platform}`, {
    code: 'debian/no-package',
    exit: EXIT.usage,
    mend: 'Use a complete mirror of Debian: a partial one has to carry the packages of the base.',
  });
}
