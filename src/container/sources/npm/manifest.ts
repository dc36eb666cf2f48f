import * as z from 'zod';
import { EXIT, Failure } from '../../../nouns/failure.ts';
import type { Supply } from '../download.ts';
import type { NpmRegistry } from './registry.ts';

/** What a registry says of one version of a package. */
export interface NpmManifest {
  /** Subresource Integrity with SHA-512. */
  readonly integrity: string;
  readonly tarball: string;
}

const Manifest = z.object({
  dist: z.object({
    integrity: z.string().regex(/^sha512-[A-Za-z0-9+/]{86}==$/),
    tarball: z.url({ protocol: /^https?$/ }),
  }),
});
const Packument = z.object({ versions: z.record(z.string(), z.unknown()) });

/** The list of all versions of a package of Node or onnxruntime has some hundred kilobytes. */
const MAX_PACKUMENT_BYTES = 64 * 2 ** 20;

/** npm's own short form of the list of versions. */
const SHORT_FORM = 'application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8';

/**
 * Reads what the registry says of one version. The version's own document is asked for first; registries that have none give the
 * list of all versions. Throws a Failure that names versions which exist where this one does not.
 */
export async function readManifest(
  { name, version }: { readonly name: string; readonly version: string },
  { registry, supply }: { readonly registry: NpmRegistry; readonly supply: Supply },
): Promise<NpmManifest> {
  const what = `${name} ${version} (npm package)`;
  const base = `${registry.url}/${name.replace('/', '%2f')}`;
  const own = await getJson(`${base}/${version}`, { what, registry, supply }).catch((error: unknown) => {
    if (error instanceof Failure && error.code === 'network/not-found') return undefined;
    throw error;
  });
  const found = Manifest.safeParse(own);
  if (found.success) return found.data.dist;
  const list = Packument.safeParse(await getJson(base, { what, registry, supply }));
  const versions = list.success ? list.data.versions : {};
  const listed = Manifest.safeParse(versions[version]);
  if (listed.success) return listed.data.dist;
  throw Object.hasOwn(versions, version) ? noIntegrity(what) : noVersion(what, Object.keys(versions));
}

const Listed = z.object({ versions: z.record(z.string(), z.object({ deprecated: z.unknown().optional() })) });

/** All versions that a registry has of a package, with what their makers say against using them. */
export async function fetchedVersions(
  name: string,
  { registry, supply }: { readonly registry: NpmRegistry; readonly supply: Supply },
): Promise<ReadonlyMap<string, { readonly deprecated: string | undefined }>> {
  const what = `the versions of ${name} (npm package)`;
  const list = Listed.safeParse(
    await getJson(`${registry.url}/${name.replace('/', '%2f')}`, { what, registry, supply }),
  );
  if (!list.success) throw noList(what);
  const versions = Object.entries(list.data.versions).map(
    ([version, { deprecated }]) =>
      [version, { deprecated: typeof deprecated === 'string' && deprecated !== '' ? deprecated : undefined }] as const,
  );
  return new Map(versions);
}

function noList(what: string): Failure {
  return new Failure(`the npm registry does not tell ${what}`, {
    code: 'npm/no-list',
    exit: EXIT.usage,
    mend: 'Use a registry that passes on the lists of versions, as npm itself wants them.',
  });
}

async function getJson(
  url: string,
  { what, registry, supply }: { readonly what: string; readonly registry: NpmRegistry; readonly supply: Supply },
): Promise<unknown> {
  const headers = { accept: SHORT_FORM, ...registry.headersFor(url) };
  const request = {
    url,
    what,
    maxBytes: MAX_PACKUMENT_BYTES,
    headers,
    ...(supply.signal && { signal: supply.signal }),
  };
  return supply.http.get(request, async ({ body }) => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of body) chunks.push(chunk);
    try {
      return JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown;
    } catch {
      return undefined;
    }
  });
}

function noVersion(what: string, versions: readonly string[]): Failure {
  // Registries list versions in the order of their publication.
  const latest = versions.slice(-5).join(', ');
  return new Failure(`the npm registry has no ${what}${latest === '' ? '' : `; the latest it has are ${latest}`}`, {
    code: 'npm/no-version',
    exit: EXIT.usage,
    mend: 'Name a version that exists under runtime: in plimsoll.yaml, or use a registry that has it.',
  });
}

function noIntegrity(what: string): Failure {
  return new Failure(`the npm registry gives no SHA-512 integrity for ${what}`, {
    code: 'npm/no-integrity',
    exit: EXIT.usage,
    mend: 'Use a registry that passes on the integrity of packages, as npm itself wants it.',
  });
}
