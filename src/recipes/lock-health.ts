import * as z from 'zod';
import { mirrorsOf } from '../container/sources/debian/suites.ts';
import { compareVersions } from '../container/sources/debian/version.ts';
import { resolveBase } from '../container/sources/debian.ts';
import { fetchedVersions } from '../container/sources/npm/manifest.ts';
import type { Json } from '../nouns/canonical-json.ts';
import { Failure } from '../nouns/failure.ts';
import { basePlatforms, type DebianBase, type ImageBase, type Lock, type LockedDebianPackage } from '../nouns/lock.ts';
import type { LockAge, LockHealth } from '../nouns/lock-health.ts';
import { endedSupport } from '../nouns/support-ends.ts';
import { openImage } from './open-image.ts';
import type { Workbench } from './workbench.ts';

/** What the machine's clock alone says of a lock: what has reached the end of its life. */
export function knownAges(lock: Lock, now: Date): readonly LockAge[] {
  const line = lock.node.version.split('.')[0] ?? '';
  const ends = [
    ...suitesOf(lock.base).map(({ suite, mend }) => ({
      what: `Debian ${suite}`,
      end: endedSupport('debian', suite, now),
      mend,
    })),
    {
      what: `Node ${line}`,
      end: endedSupport('node', line, now),
      mend: 'Set runtime.node to a version of a later line, and run plimsoll lock --update node.',
    },
  ];
  return ends.flatMap(({ what, end, mend }) =>
    end === undefined
      ? []
      : [{ what, kind: 'end-of-life', message: `${what} has had no security fixes since ${end}`, mend }],
  );
}

/** The releases of Debian that a base is of; of other distributions it is not known when they end. */
function suitesOf(base: Lock['base']): readonly { readonly suite: string; readonly mend: string }[] {
  if (base.distribution === 'debian')
    return [{ suite: base.suite, mend: 'Use a release of plimsoll that is based on a later Debian.' }];
  const releases = Object.values(base.platforms).map(({ release }) => release);
  const suites = new Set(releases.flatMap((release) => (release?.id === 'debian' ? [release.codename] : [])));
  return [...suites].map((suite) => ({
    suite,
    mend: 'Build on an image of a later Debian: the key "base" of plimsoll.yaml.',
  }));
}

/** Looks at what upstream has now of all that a lock names, and remembers it for later runs. */
export async function lockHealth(
  lock: Lock,
  { folder, mirror }: { readonly folder: string; readonly mirror: string | undefined },
  bench: Workbench,
): Promise<LockHealth> {
  const { base } = lock;
  const looks = [
    () => (base.distribution === 'debian' ? debianAges(base, mirror, bench) : baseImageAges(base, folder, bench)),
    ...Object.values(lock.node.packages).map((locked) => () => npmAges(locked, { thing: 'node', bench })),
    ...lock.onnxruntime.packages.map((locked) => () => npmAges(locked, { thing: 'onnxruntime', bench })),
  ];
  const ages: LockAge[] = [];
  const unknown: string[] = [];
  for (const look of looks) {
    try {
      ages.push(...(await look()));
    } catch (error) {
      if (bench.signal?.aborted || !(error instanceof Failure)) throw error;
      unknown.push(error.message);
    }
  }
  await bench.cache.remember(keyOf(lock), ages as unknown as Json);
  return { ages: [...knownAges(lock, bench.machine.now()), ...ages], unknown };
}

const Ages = z.array(
  z.object({
    what: z.string(),
    kind: z.enum(['left-upstream', 'end-of-life', 'newer-security', 'newer']),
    message: z.string(),
    mend: z.string(),
  }),
);

/** What is known of a lock without looking: by the clock, and by the last look. */
export async function rememberedHealth(lock: Lock, bench: Workbench): Promise<readonly LockAge[]> {
  const last = Ages.safeParse(await bench.cache.recall(keyOf(lock)));
  return [...knownAges(lock, bench.machine.now()), ...(last.success ? last.data : [])];
}

function keyOf({ seal }: Lock): string {
  return `lock health ${seal}`;
}

/** What the name of a base leads to now. */
async function baseImageAges(base: ImageBase, folder: string, bench: Workbench): Promise<readonly LockAge[]> {
  const image = await openImage(base.name, folder, bench);
  try {
    return Object.entries(base.platforms).flatMap(([platform, { manifest, config }]): readonly LockAge[] => {
      const now = image.images.find((held) => held.platform === platform);
      const what = `${base.name} (${platform})`;
      const mend = 'Run plimsoll lock --update base.';
      if (!now)
        return [{ what, kind: 'left-upstream', message: `${base.name} has no image for ${platform} any more`, mend }];
      if (now.config.digest === config) return [];
      const to = now.manifest?.digest ?? now.config.digest;
      return [
        {
          what,
          kind: 'newer',
          message: `${what} leads to ${to} now, and is locked as ${manifest ?? config}`,
          mend,
        },
      ];
    });
  } finally {
    await image.close();
  }
}

async function debianAges(
  base: DebianBase,
  setting: string | undefined,
  bench: Workbench,
): Promise<readonly LockAge[]> {
  const mirrors = await bench.mirrors(setting);
  const platforms = basePlatforms(base);
  const keys = bench.archiveKeys && { keys: bench.archiveKeys };
  const newest = await resolveBase(
    { platforms, locales: base.locales, mirrors, now: bench.machine.now(), ...keys },
    bench,
  );
  const ages: LockAge[] = [];
  for (const platform of platforms) {
    for (const locked of base.packages[platform] ?? []) {
      const now = newest[platform]?.find(({ name }) => name === locked.name);
      if (now && compareVersions(now.version, locked.version) <= 0) continue;
      const urls = mirrorsOf(locked.archive, mirrors).map((base) => `${base}/${locked.path}`);
      ages.push(ageOf(locked, { now, isThere: await isThere(urls, bench) }));
    }
  }
  return ages;
}

function ageOf(
  { name, version, architecture }: LockedDebianPackage,
  { now, isThere }: { readonly now: LockedDebianPackage | undefined; readonly isThere: boolean },
): LockAge {
  const what = `${name} ${version} (${architecture})`;
  const mend = 'Run plimsoll lock --update base.';
  const next = now === undefined ? 'and no other version is there' : `${now.version} has taken its place`;
  if (!isThere) {
    return { what, kind: 'left-upstream', message: `${what} has left the mirror: ${next}`, mend };
  }
  const security = now?.archive === 'security';
  return {
    what,
    kind: security ? 'newer-security' : 'newer',
    message: `${what} has a newer ${security ? 'security ' : ''}version: ${now?.version}`,
    mend,
  };
}

/** Asks for a file, and reads nothing of it. */
async function isThere(urls: readonly string[], { http, signal }: Workbench): Promise<boolean> {
  for (const url of urls) {
    const request = { url, what: url, maxBytes: Number.MAX_SAFE_INTEGER, ...(signal && { signal }) };
    try {
      return await http.get(request, async () => true);
    } catch (error) {
      if (!(error instanceof Failure) || error.code !== 'network/not-found') throw error;
    }
  }
  return false;
}

async function npmAges(
  { name, version }: { readonly name: string; readonly version: string },
  { thing, bench }: { readonly thing: 'node' | 'onnxruntime'; readonly bench: Workbench },
): Promise<readonly LockAge[]> {
  const versions = await fetchedVersions(name, { registry: await bench.registry(), supply: bench });
  const what = `${name} ${version}`;
  const mend = `Set runtime.${thing} to a later version, and run plimsoll lock --update ${thing}.`;
  const own = versions.get(version);
  if (own === undefined) return [{ what, kind: 'left-upstream', message: `${what} has left the npm registry`, mend }];
  if (own.deprecated !== undefined) {
    return [{ what, kind: 'end-of-life', message: `${what} is deprecated by its makers: ${own.deprecated}`, mend }];
  }
  const next = newestLike(version, { thing, versions: [...versions.keys()] });
  return next === version ? [] : [{ what, kind: 'newer', message: `${what} has a newer version: ${next}`, mend }];
}

/** Of Node the newest of the same line; of the runtime the newest of all. */
function newestLike(version: string, { thing, versions }: { thing: string; versions: readonly string[] }): string {
  const line = `${version.split('.')[0]}.`;
  const released = versions.filter(
    (other) => /^\d+\.\d+\.\d+$/.test(other) && (thing !== 'node' || other.startsWith(line)),
  );
  return released.reduce((best, other) => (compareVersions(other, best) > 0 ? other : best), version);
}
