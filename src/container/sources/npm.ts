import { createHash } from 'node:crypto';
import { EXIT, Failure } from '../../nouns/failure.ts';
import { LockedNpmPackage } from '../../nouns/lock.ts';
import { PLATFORMS, type Platform } from '../../nouns/platform.ts';
import type { Bytes } from './decompress.ts';
import { download, type Supply } from './download.ts';
import { fetchAll } from './fetch-all.ts';
import { readManifest } from './npm/manifest.ts';
import { npmPackageKey } from './npm/package-key.ts';
import type { FindRegistry, NpmRegistry } from './npm/registry.ts';

/** What fetching npm packages works with. */
export interface NpmSupply extends Supply {
  readonly registry: FindRegistry;
}

export interface NpmVersion {
  readonly name: string;
  readonly version: string;
}

/** onnxruntime for all platforms has 114 MB. */
const MAX_TARBALL_BYTES = 512 * 2 ** 20;

/**
 * Settles one version of a package by integrity and digest. Both are of the tarball, which is fetched into the cache for it;
 * what was settled before is remembered, since a published version does not change.
 */
export async function resolveNpmPackage(wanted: NpmVersion, npm: NpmSupply): Promise<LockedNpmPackage> {
  const { name, version } = wanted;
  const key = npmPackageKey(wanted);
  const known = LockedNpmPackage.safeParse(await npm.cache.recall(key));
  if (known.success) return known.data;
  const registry = await npm.registry();
  const { integrity, tarball } = await readManifest(wanted, { registry, supply: npm });
  const blob = await download(
    {
      what: describe(wanted),
      urls: tarballUrls(tarball, { wanted, registry }),
      maxBytes: MAX_TARBALL_BYTES,
      headersFor: registry.headersFor,
      check: (source) => checkIntegrity(source, { integrity, what: describe(wanted) }),
    },
    npm,
  );
  const locked = { name, version, integrity, bytes: blob.bytes, digest: blob.digest };
  await npm.cache.remember(key, locked);
  return locked;
}

/** Settles a version of Node for each platform. They are published one by one, so a version may be there for some only. */
export async function resolveNode(
  { version, platforms }: { readonly version: string; readonly platforms: readonly Platform[] },
  npm: NpmSupply,
): Promise<Partial<Record<Platform, LockedNpmPackage>>> {
  const packages = await fetchAll(
    platforms.map(
      (platform) => (supply) => resolveNpmPackage({ name: nodePackage(platform), version }, { ...npm, ...supply }),
    ),
    { supply: npm },
  );
  return Object.fromEntries(platforms.map((platform, index) => [platform, packages[index]]));
}

/** The npm package that holds Node's binary for a platform. */
export function nodePackage(platform: Platform): string {
  return `node-linux-${PLATFORMS[platform].npmCpu}`;
}

/** Fetches a package of a lock, from the cache or the registry, and gives the path of its tarball. */
export async function fetchNpmPackage(locked: LockedNpmPackage, npm: NpmSupply): Promise<string> {
  const kept = await npm.cache.find(locked.digest);
  if (kept !== undefined) return kept;
  const registry = await npm.registry();
  const fetchFrom = async (urls: readonly string[]): Promise<string> => {
    const blob = await download(
      {
        what: describe(locked),
        urls,
        maxBytes: locked.bytes,
        expected: locked.digest,
        headersFor: registry.headersFor,
        check: (source) => checkIntegrity(source, { integrity: locked.integrity, what: describe(locked) }),
      },
      npm,
    );
    return blob.path;
  };
  try {
    return await fetchFrom([usualTarballUrl(locked, registry)]);
  } catch (error) {
    if (!(error instanceof Failure && error.code === 'network/not-found')) throw error;
  }
  // Registries are free to keep tarballs elsewhere; their manifest says where.
  const { tarball } = await readManifest(locked, { registry, supply: npm });
  return fetchFrom(tarballUrls(tarball, { wanted: locked, registry }));
}

/** A mirror may pass on a manifest that names the registry which it mirrors; its own copy is tried first. */
function tarballUrls(
  tarball: string,
  { wanted, registry }: { readonly wanted: NpmVersion; readonly registry: NpmRegistry },
): readonly string[] {
  return tarball.startsWith(`${registry.url}/`) ? [tarball] : [usualTarballUrl(wanted, registry), tarball];
}

function usualTarballUrl({ name, version }: NpmVersion, registry: NpmRegistry): string {
  return `${registry.url}/${name}/-/${name.slice(name.indexOf('/') + 1)}-${version}.tgz`;
}

async function* checkIntegrity(
  source: Bytes,
  { integrity, what }: { readonly integrity: string; readonly what: string },
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha512');
  for await (const chunk of source) {
    hash.update(chunk);
    yield chunk;
  }
  const found = `sha512-${hash.digest('base64')}`;
  if (found === integrity) return;
  throw new Failure(`${what}: found the integrity ${found}, wanted ${integrity}`, {
    code: 'npm/wrong-integrity',
    exit: EXIT.findings,
    mend: 'What was received is not what was published: the registry or something on the way changed it. Nothing was kept; try again, or use another registry.',
  });
}

function describe({ name, version }: NpmVersion): string {
  return `${name} ${version} (npm package)`;
}
