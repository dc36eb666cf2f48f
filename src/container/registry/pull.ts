import * as z from 'zod';
import type { Blob } from '../../cache/blobs.ts';
import { formatByteSize } from '../../nouns/byte-size.ts';
import { type Digest, digestOf, isDigest } from '../../nouns/digest.ts';
import { EXIT, Failure } from '../../nouns/failure.ts';
import { type Reference, renderReference } from '../../nouns/reference.ts';
import { MEDIA_TYPE } from '../image/media-types.ts';
import type { Supply } from '../sources/download.ts';
import { NetworkFault } from '../sources/network-failure.ts';
import type { Answer } from './exchange.ts';
import type { Call, Registry } from './registry.ts';

/** A manifest or an index as a registry gave it, checked against the digest that was asked for. */
export interface PulledManifest {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly bytes: Uint8Array;
  /** The document itself; what is in it is not checked. */
  readonly json: Readonly<Record<string, unknown>>;
}

/** The distribution specification's own bound. */
const MAX_MANIFEST_BYTES = 4 * 2 ** 20;

/** What images are described in: OCI's own forms and Docker's, which differ by name only. */
export const MANIFEST_TYPES = [
  MEDIA_TYPE.index,
  MEDIA_TYPE.manifest,
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
] as const;

const JsonObject = z.record(z.string(), z.unknown());

/**
 * The manifest or index that a reference names. By digest it has that digest; by tag it has the one that the registry says. Throws
 * `registry/…` and `network/…` Failures.
 */
export async function pullManifest(reference: Reference, registry: Registry): Promise<PulledManifest> {
  const found = await findManifest(reference, registry);
  if (found) return found;
  throw registry.failure(NetworkFault.ofStatus(404), manifestCall(reference));
}

/** The same; nothing where the repository does not have it. */
export async function findManifest(reference: Reference, registry: Registry): Promise<PulledManifest | undefined> {
  return registry.call(manifestCall(reference), async (answer) => {
    if (answer.status === 404) return undefined;
    const bytes = await readWhole(answer, renderReference(reference));
    const digest = digestOf(bytes);
    const promised = reference.digest ?? digestHeader(answer);
    if (promised !== undefined && promised !== digest) {
      throw wrongDigest({ found: digest, wanted: promised }, renderReference(reference));
    }
    const json = parseDocument(bytes, reference);
    return { mediaType: mediaTypeOf(answer, json), digest, bytes, json };
  });
}

/** A blob by digest, in the cache: fetched whole and right, or not kept. */
export async function pullBlob(
  wanted: { readonly reference: Reference; readonly digest: Digest; readonly bytes: number; readonly what?: string },
  { registry, supply }: { readonly registry: Registry; readonly supply: Pick<Supply, 'cache' | 'progress'> },
): Promise<Blob> {
  const { reference, digest, bytes } = wanted;
  const kept = await supply.cache.find(digest);
  if (kept !== undefined) return { digest, bytes, path: kept };
  const what = wanted.what ?? `the blob ${digest} of ${reference.registry}/${reference.repository}`;
  const step = supply.progress.step(`pull ${wanted.what ?? digest.slice(0, 19)}`);
  step.total(bytes);
  try {
    const call = { ...reading(reference, `blobs/${digest}`), what, statuses: [200] };
    const blob = await registry.call(call, async ({ body }) => {
      let received = 0;
      async function* counted(): AsyncGenerator<Uint8Array> {
        for await (const chunk of faulty(body)) {
          received += chunk.byteLength;
          step.advance(chunk.byteLength);
          yield chunk;
        }
        // A proxy may end an answer early without a sign; then it is worth another try.
        if (received < bytes) throw new NetworkFault(`${received} of ${bytes} bytes came`, { passing: true });
      }
      try {
        return await supply.cache.put(counted(), { expected: digest, maxBytes: bytes, what });
      } catch (error) {
        step.advance(-received);
        throw error;
      }
    });
    step.done(formatByteSize(blob.bytes));
    return blob;
  } catch (error) {
    step.done('failed');
    throw error;
  }
}

function manifestCall(reference: Reference): Call {
  const { tag, digest } = reference;
  return {
    ...reading(reference, `manifests/${digest ?? tag}`),
    headers: { accept: MANIFEST_TYPES.join(', ') },
    what: renderReference(reference),
    statuses: [200, 404],
  };
}

/** What all reading calls have in common. */
export function reading({ repository }: Reference, path: string) {
  return {
    method: 'GET' as const,
    target: `/v2/${repository}/${path}`,
    repository,
    scopes: [`repository:${repository}:pull`],
    action: 'pull',
  };
}

/** The digest that a registry says an answer to have; nothing where it says none that we know. */
export function digestHeader({ headers }: Pick<Answer, 'headers'>): Digest | undefined {
  const text = headers['docker-content-digest'];
  return typeof text === 'string' && isDigest(text) ? text : undefined;
}

async function readWhole({ body }: Answer, what: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of faulty(body)) {
    bytes += chunk.byteLength;
    if (bytes > MAX_MANIFEST_BYTES) throw tooLong(what);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

async function* faulty(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    throw NetworkFault.of(error);
  }
}

function parseDocument(bytes: Uint8Array, reference: Reference): Readonly<Record<string, unknown>> {
  try {
    return JsonObject.parse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)));
  } catch {
    throw new Failure(`${renderReference(reference)} is not a manifest: it is not a JSON object`, {
      code: 'registry/bad-manifest',
      exit: EXIT.usage,
      mend: 'Check the reference; it leads to something that is no image.',
    });
  }
}

function mediaTypeOf({ headers }: Answer, json: Readonly<Record<string, unknown>>): string {
  const header = headers['content-type'];
  const own = typeof json.mediaType === 'string' ? json.mediaType : undefined;
  return own ?? (typeof header === 'string' ? (header.split(';')[0] ?? '').trim() : '');
}

function wrongDigest({ found, wanted }: { readonly found: Digest; readonly wanted: Digest }, what: string): Failure {
  return new Failure(`cannot pull ${what}: found the digest ${found}, wanted ${wanted}`, {
    code: 'registry/wrong-digest',
    exit: EXIT.findings,
    mend: 'The registry or something on the way changed it. Nothing was kept; try again, or take the image from elsewhere.',
  });
}

function tooLong(what: string): Failure {
  return new Failure(`cannot pull ${what}: it is longer than the ${formatByteSize(MAX_MANIFEST_BYTES)} of a manifest`, {
    code: 'registry/too-long',
    exit: EXIT.usage,
    mend: 'Check the reference; it leads to something that is no image.',
  });
}
