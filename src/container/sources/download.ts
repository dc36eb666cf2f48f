import { stat } from 'node:fs/promises';
import type { Blob } from '../../cache/blobs.ts';
import type { Cache } from '../../cache/cache.ts';
import { formatByteSize } from '../../nouns/byte-size.ts';
import type { Digest } from '../../nouns/digest.ts';
import { Failure } from '../../nouns/failure.ts';
import type { Progress, Step } from '../../nouns/progress.ts';
import type { Http } from './http.ts';

/** What fetching works with: the way to servers, the place to keep things, and who watches. */
export interface Supply {
  readonly http: Http;
  readonly cache: Cache;
  readonly progress: Progress;
  readonly signal?: AbortSignal;
}

export interface Download {
  /** What it is, for messages and for progress: `libc6 2.41-12 (amd64)`. */
  readonly what: string;
  /** Where it can be had, tried in this order. */
  readonly urls: readonly string[];
  readonly maxBytes: number;
  readonly expected?: Digest;
  /** What to send along to one of the addresses; credentials depend on whose it is. */
  readonly headersFor?: (url: string) => Readonly<Record<string, string>>;
  /** Sees the bytes as they pass and may throw at the end; nothing is kept then. */
  readonly check?: (source: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>;
}

/** Streams something into the cache from the first source that gives it whole and right; what the cache has is not fetched. */
export async function download(wanted: Download, supply: Supply): Promise<Blob> {
  const { expected } = wanted;
  const kept = expected === undefined ? undefined : await supply.cache.find(expected);
  if (expected !== undefined && kept !== undefined) {
    return { digest: expected, path: kept, bytes: (await stat(kept)).size };
  }
  const step = supply.progress.step(`fetch ${wanted.what}`);
  try {
    const blob = await fromFirst(wanted.urls, (url) => downloadFrom(url, { wanted, supply, step }));
    step.done(formatByteSize(blob.bytes));
    return blob;
  } catch (error) {
    step.done('failed');
    throw error;
  }
}

/** Tries sources in order; the last Failure is thrown, and says what the ones before it had to say. */
export async function fromFirst<T>(sources: readonly string[], attempt: (source: string) => Promise<T>): Promise<T> {
  const earlier: string[] = [];
  for (const [index, source] of sources.entries()) {
    try {
      return await attempt(source);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      if (index < sources.length - 1) earlier.push(error.message);
      else if (earlier.length === 0) throw error;
      else throw new Failure([error.message, ...earlier].join('; and before that '), error);
    }
  }
  throw new RangeError('no source was given');
}

interface Task {
  readonly wanted: Download;
  readonly supply: Supply;
  readonly step: Step;
}

async function downloadFrom(url: string, { wanted, supply, step }: Task): Promise<Blob> {
  const { what, maxBytes, headersFor, expected, check = (source) => source } = wanted;
  const headers = headersFor?.(url) ?? {};
  const request = { url, what, maxBytes, headers, ...(supply.signal && { signal: supply.signal }) };
  return supply.http.get(request, async ({ body, bytes }) => {
    if (bytes !== undefined) step.total(bytes);
    const counted = count(body, step);
    try {
      return await supply.cache.put(check(counted.stream), { what, maxBytes, ...(expected && { expected }) });
    } catch (error) {
      step.advance(-counted.bytes());
      throw error;
    }
  });
}

function count(
  body: AsyncIterable<Uint8Array>,
  step: Step,
): { stream: AsyncIterable<Uint8Array>; bytes: () => number } {
  let bytes = 0;
  async function* counting(): AsyncGenerator<Uint8Array> {
    for await (const chunk of body) {
      bytes += chunk.byteLength;
      step.advance(chunk.byteLength);
      yield chunk;
    }
  }
  return { stream: counting(), bytes: () => bytes };
}
