import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import type { ImageBlob } from '../image/blobs-of.ts';
import { NetworkFault } from '../sources/network-failure.ts';
import type { Answer } from './exchange.ts';
import { digestHeader } from './pull.ts';
import type { BlobCall } from './pushing.ts';
import type { Registry } from './registry.ts';

export interface Range {
  readonly blob: ImageBlob;
  readonly call: BlobCall;
  /** Where the registry wants the bytes. */
  readonly location: string;
  readonly offset: number;
  readonly chunkBytes: number;
  /** Blobs up to this size go in one request. */
  readonly small: number;
  readonly registry: Registry;
  readonly onBytes: (bytes: number) => void;
}

export type RangeOutcome =
  | { readonly kind: 'done' }
  /** The registry wants smaller pieces. */
  | { readonly kind: 'more' | 'too-large'; readonly location: string; readonly offset: number };

/** Reads of this size keep a connection busy without holding much. */
const PIECE_BYTES = 2 ** 20;

/**
 * Sends the next bytes of an upload, or ends it where all are there. Throws a NetworkFault where it broke: then only the registry knows
 * where it stands. What else the registry says against it is a fault that a fresh upload may mend.
 */
export async function sendRange(range: Range): Promise<RangeOutcome> {
  const { blob, offset, small } = range;
  if (blob.size <= small && offset === 0) return finish(range, { whole: true });
  if (offset >= blob.size) return finish(range, { whole: false });
  const end = Math.min(blob.size, offset + range.chunkBytes);
  const bytes = end - offset;
  const contentRange = offset > 0 || end < blob.size ? { 'content-range': `${offset}-${end - 1}` } : {};
  const sent = counter(range);
  const call = {
    ...range.call,
    method: 'PATCH' as const,
    target: range.location,
    headers: { 'content-type': 'application/octet-stream', 'content-length': `${bytes}`, ...contentRange },
    body: () => bodyOf(range, { end, sent }),
    statuses: [202, 413],
    once: true as const,
  };
  return attempt(sent, () =>
    range.registry.call(call, async (answer) => {
      if (answer.status === 413) {
        sent.undo();
        return { kind: 'too-large', location: range.location, offset };
      }
      const got = endOf(answer) ?? end;
      // Something on the way swallowed the rest, and the registry does not mind.
      if (got < end) sent.undo(end - got);
      return {
        kind: 'more',
        location: nextLocation(answer, range.location),
        offset: Math.max(offset, Math.min(got, end)),
      };
    }),
  );
}

async function finish(range: Range, { whole }: { readonly whole: boolean }): Promise<RangeOutcome> {
  const { blob, registry, location } = range;
  // What the registry wrote into the address is its own and may be signed: it is added to, not written anew.
  const target = `${location}${location.includes('?') ? '&' : '?'}digest=${encodeURIComponent(blob.digest)}`;
  const sent = counter(range);
  const call = {
    ...range.call,
    method: 'PUT' as const,
    target,
    headers: { 'content-type': 'application/octet-stream', 'content-length': `${whole ? blob.size : 0}` },
    ...(whole && { body: () => bodyOf(range, { end: blob.size, sent }) }),
    statuses: [201, 204],
    once: true as const,
  };
  return attempt(sent, () =>
    registry.call(call, async (answer) => {
      const found = digestHeader(answer);
      if (found !== undefined && found !== blob.digest) {
        throw new NetworkFault(`the registry has it under the digest ${found}`, { passing: false });
      }
      return { kind: 'done' } as const;
    }),
  );
}

/** A registry that lost an upload or finds its bytes wrong says 400, 404 or 416: to begin anew is worth a try. */
export const MENDED_ANEW: ReadonlySet<number | undefined> = new Set([400, 404, 416]);

async function attempt<T>(sent: Counter, send: () => Promise<T>): Promise<T> {
  try {
    return await send();
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined;
    if (error instanceof NetworkFault) {
      sent.undo();
      throw error;
    }
    if (!(cause instanceof NetworkFault) || !MENDED_ANEW.has(cause.status)) throw error;
    sent.undo();
    throw cause;
  }
}

interface Counter {
  add(bytes: number): void;
  /** Takes back what was told, or the last bytes of it. */
  undo(bytes?: number): void;
}

function counter({ onBytes }: Range): Counter {
  let total = 0;
  return {
    add(bytes) {
      total += bytes;
      onBytes(bytes);
    },
    undo(bytes = total) {
      total -= bytes;
      onBytes(-bytes);
    },
  };
}

function bodyOf(
  { blob, offset }: Range,
  { end, sent }: { readonly end: number; readonly sent: Counter },
): Readable | Uint8Array {
  // Sent anew, after signing in for instance.
  sent.undo();
  if ('bytes' in blob.source) {
    sent.add(end - offset);
    return blob.source.bytes.subarray(offset, end);
  }
  const file = createReadStream(blob.source.path, { start: offset, end: end - 1, highWaterMark: PIECE_BYTES });
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const piece of file) {
      sent.add((piece as Uint8Array).byteLength);
      yield piece as Uint8Array;
    }
  }
  return Readable.from(counted(), { objectMode: false, highWaterMark: PIECE_BYTES });
}

/** How many bytes a registry says it has by now. */
function endOf({ headers }: Answer): number | undefined {
  const end = /^(?:bytes=)?0-(\d+)$/.exec(String(headers.range ?? '').trim())?.[1];
  return end === undefined ? undefined : Number(end) + 1;
}

function nextLocation({ headers, url }: Answer, before: string): string {
  const { location } = headers;
  return typeof location === 'string' && URL.canParse(location, url) ? new URL(location, url).href : before;
}
