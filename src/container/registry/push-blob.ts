import type { Cache } from '../../cache/cache.ts';
import type { Digest } from '../../nouns/digest.ts';
import type { Reference } from '../../nouns/reference.ts';
import type { ImageBlob } from '../image/blobs-of.ts';
import { NetworkFault } from '../sources/network-failure.ts';
import { type BlobCall, pushing } from './pushing.ts';
import type { Registry } from './registry.ts';
import { MENDED_ANEW, sendRange } from './send-range.ts';

export interface BlobPush {
  readonly reference: Reference;
  readonly registry: Registry;
  /** Remembers which repositories have which blob, so that a registry can be asked to share it. */
  readonly cache: Pick<Cache, 'recall' | 'remember'>;
  /** Told of bytes that have gone out, and of bytes that have to go out again. */
  readonly onBytes: (bytes: number) => void;
}

export type BlobOutcome = 'there' | 'mounted' | 'uploaded';

/** Larger blobs are sent so that a broken upload goes on where it broke off. */
const SMALL_BYTES = 2 ** 20;

/**
 * Makes a repository have a blob: nothing is sent where it has it, nor where the registry can take it from a neighbouring repository;
 * else it is uploaded, and after a break taken up again where the registry says it stands. Throws `registry/…` and `network/…` Failures.
 */
export async function pushBlob(blob: ImageBlob, push: BlobPush): Promise<BlobOutcome> {
  const outcome = await place(blob, push);
  await rememberNeighbour(blob.digest, {
    reference: { ...push.reference, registry: push.registry.name },
    cache: push.cache,
  });
  return outcome;
}

async function place(blob: ImageBlob, push: BlobPush): Promise<BlobOutcome> {
  if (await hasBlob(blob, push)) return 'there';
  const begun = await begin(blob, push);
  if (begun === 'mounted') return 'mounted';
  await upload(blob, { push, begun });
  return 'uploaded';
}

async function hasBlob(blob: ImageBlob, push: BlobPush): Promise<boolean> {
  const call = { ...callFor(blob, push), method: 'HEAD' as const, statuses: [200, 404] };
  return push.registry.call(
    { ...call, target: `/v2/${push.reference.repository}/blobs/${blob.digest}` },
    async (answer) => Promise.resolve(answer.status === 200),
  );
}

/** An upload that the registry has opened. */
interface Begun {
  readonly location: string;
  readonly minChunkBytes: number;
}

async function begin(blob: ImageBlob, push: BlobPush): Promise<Begun | 'mounted'> {
  const neighbour = await neighbourOf(blob, push);
  if (neighbour !== undefined) {
    const query = new URLSearchParams({ mount: blob.digest, from: neighbour });
    // A registry that may not or cannot share it opens an upload instead, or says no; both are fine.
    const begun = await open(blob, { push, query: `?${query}`, scopes: [`repository:${neighbour}:pull`] });
    if (begun !== undefined) return begun;
  }
  const begun = await open(blob, { push, query: '', scopes: [] });
  if (begun === undefined) throw new RangeError('an upload was neither opened nor refused');
  return begun;
}

async function open(
  blob: ImageBlob,
  { push, query, scopes }: { readonly push: BlobPush; readonly query: string; readonly scopes: readonly string[] },
): Promise<Begun | 'mounted' | undefined> {
  const call = callFor(blob, push);
  const mounting = query !== '';
  const opening = {
    ...call,
    method: 'POST' as const,
    target: `/v2/${push.reference.repository}/blobs/uploads/${query}`,
    headers: { 'content-length': '0' },
    scopes: [...call.scopes, ...scopes],
    statuses: mounting ? [201, 202, 400, 401, 403, 404, 405] : [202],
  };
  return push.registry.call(opening, async (answer) => {
    if (mounting && answer.status === 201) return 'mounted';
    if (answer.status !== 202) return undefined;
    return { location: locationOf(answer), minChunkBytes: Number(answer.headers['oci-chunk-min-length']) || 0 };
  });
}

function locationOf(answer: { readonly headers: Readonly<Record<string, unknown>>; readonly url: string }): string {
  const { location } = answer.headers;
  if (typeof location === 'string' && URL.canParse(location, answer.url)) return new URL(location, answer.url).href;
  throw new NetworkFault('the registry opened an upload without saying where', { passing: false });
}

/** How many tries in a row may bring nothing; each byte that gets through begins the count anew. */
const MAX_IDLE_TRIES = 5;

async function upload(
  blob: ImageBlob,
  { push, begun }: { readonly push: BlobPush; readonly begun: Begun },
): Promise<void> {
  const { registry, onBytes } = push;
  const call = callFor(blob, push);
  let { location } = begun;
  let offset = 0;
  let chunkBytes = Number.POSITIVE_INFINITY;
  for (let idle = 0; ; ) {
    const before = offset;
    try {
      const outcome = await sendRange({
        blob,
        call,
        location,
        offset,
        chunkBytes,
        registry,
        small: SMALL_BYTES,
        onBytes,
      });
      if (outcome.kind === 'done') return;
      location = outcome.location;
      offset = outcome.offset;
      if (outcome.kind === 'more' && offset <= before) {
        throw new NetworkFault('the registry took no byte of it', { passing: true });
      }
      if (outcome.kind === 'too-large') {
        chunkBytes = smallerChunk(chunkBytes, { blob, minChunkBytes: begun.minChunkBytes });
        if (chunkBytes === 0) throw registry.failure(NetworkFault.ofStatus(413), call);
      }
    } catch (error) {
      if (!(error instanceof NetworkFault)) throw error;
      idle += 1;
      if (idle >= MAX_IDLE_TRIES) throw registry.failure(error, call);
      await registry.pause(idle - 1, error);
      // The break may have come after the registry had all of it.
      if (await hasBlob(blob, push)) return;
      // Behind some proxies a body that is too large ends in a broken connection instead of a word.
      if (idle > 1) chunkBytes = smallerChunk(chunkBytes, { blob, minChunkBytes: begun.minChunkBytes }) || chunkBytes;
      const standing = MENDED_ANEW.has(error.status) ? undefined : await standingOf(location, { call, registry });
      if (standing === undefined) {
        const again = await open(blob, { push, query: '', scopes: [] });
        if (again === undefined || again === 'mounted') return;
        ({ location } = again);
        offset = 0;
      } else ({ location, offset } = standing);
      offset = Math.min(offset, blob.size);
      onBytes(offset - before);
    }
    if (offset > before) idle = 0;
  }
}

/** Halves of 64 MiB down to what the registry wants at least; 0 where it takes nothing smaller. */
function smallerChunk(
  chunkBytes: number,
  { blob, minChunkBytes }: { readonly blob: ImageBlob; readonly minChunkBytes: number },
): number {
  const next = Math.min(64 * 2 ** 20, Math.ceil(Math.min(chunkBytes, blob.size) / 2));
  return next < Math.max(minChunkBytes, 64 * 2 ** 10) ? 0 : next;
}

/** Where an upload stands; nothing where the registry does not know it any more. */
async function standingOf(
  location: string,
  { call, registry }: { readonly call: BlobCall; readonly registry: Registry },
): Promise<{ readonly location: string; readonly offset: number } | undefined> {
  const asking = { ...call, method: 'GET' as const, target: location, statuses: [200, 204, 400, 404, 405, 416] };
  return registry.call(asking, async (answer) => {
    if (answer.status > 204) return undefined;
    const end = /(\d+)\s*$/.exec(String(answer.headers.range ?? ''))?.[1];
    if (end === undefined) return undefined;
    // "0-0" stands for no byte and for one; none is the safe reading, since a registry refuses a range that does not fit.
    const offset = end === '0' ? 0 : Number(end) + 1;
    const { location: next } = answer.headers;
    return { location: typeof next === 'string' ? new URL(next, answer.url).href : location, offset };
  });
}

function callFor(blob: ImageBlob, { reference }: BlobPush): BlobCall {
  return {
    ...pushing(reference),
    target: `/v2/${reference.repository}/blobs/${blob.digest}`,
    what: `the blob ${blob.digest}`,
  };
}

/** Says that a repository has a blob which another one of the same registry may be given. */
export async function rememberNeighbour(
  digest: Digest,
  { reference, cache }: { readonly reference: Reference; readonly cache: Pick<Cache, 'remember'> },
): Promise<void> {
  await cache.remember(keyOf(digest, reference.registry), { repository: reference.repository });
}

function neighbourKey({ digest }: ImageBlob, { registry }: BlobPush): string {
  return keyOf(digest, registry.name);
}

function keyOf(digest: Digest, registry: string): string {
  return `registry ${registry} has ${digest}`;
}

async function neighbourOf(blob: ImageBlob, push: BlobPush): Promise<string | undefined> {
  const known = (await push.cache.recall(neighbourKey(blob, push))) as { readonly repository?: unknown } | undefined;
  const repository = known?.repository;
  return typeof repository === 'string' && repository !== push.reference.repository ? repository : undefined;
}
