import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Dispatcher } from 'undici';
import { formatByteSize } from '../../nouns/byte-size.ts';
import { EXIT, Failure } from '../../nouns/failure.ts';
import { basicAuthorization, openAgent, splitUrl, WAITING_BYTES } from '../agent.ts';
import { NetworkFault, networkFailure, withoutCredentials } from './network-failure.ts';

/** More than any registry or mirror needs; a longer chain is a circle. */
const MAX_REDIRECTS = 5;

/** A server that asks for a longer pause is waited for this long and no longer. */
const MAX_PAUSE_MS = 30_000;

/** How much of an answer that only says why something failed is worth reading. */
const MAX_REFUSAL_BYTES = 64 * 1024;

export interface HttpRequest {
  /** `http:`, `https:` or `file:`. */
  readonly url: string;
  /** What is wanted, for messages: `libc6 2.41-12 (amd64)`. */
  readonly what: string;
  /** A longer body is refused while it streams. */
  readonly maxBytes: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export interface HttpResponse {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Length of the body where the server tells it. */
  readonly bytes: number | undefined;
  readonly body: AsyncIterable<Uint8Array>;
}

export interface Http {
  /**
   * Fetches and hands the body to `consume`. A passing fault (a reset, a stall, a busy server) starts all of it anew, `consume`
   * included. Throws a Failure that names `what` when that does not help; what `consume` throws passes through.
   */
  get<T>(request: HttpRequest, consume: (response: HttpResponse) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export interface HttpOptions {
  /** Read for `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`, in either case. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Refuses every request, naming what it was for. */
  readonly offline?: boolean;
  readonly connectTimeoutMs?: number;
  /** The longest silence, before the answer begins and within it. */
  readonly stallTimeoutMs?: number;
  /** How often a passing fault is tried again. */
  readonly retries?: number;
  /** The pause before the first retry; it doubles with each. */
  readonly pauseMs?: number;
}

/** Opens the way to servers, through the proxy that the environment names, if any. */
export function openHttp(options: HttpOptions): Http {
  const { retries = 3, pauseMs = 500 } = options;
  let agent: Promise<Dispatcher> | undefined;
  const openOnce = () => {
    agent ??= openAgent(options);
    return agent;
  };
  return {
    async get(request, consume) {
      if (options.offline && !isLocal(request.url)) throw offlineFailure(request);
      for (let attempt = 0; ; attempt += 1) {
        try {
          const answer = await follow(request, openOnce);
          try {
            return await consume(answer);
          } finally {
            answer.discard();
          }
        } catch (error) {
          if (request.signal?.aborted) throw request.signal.reason;
          if (!(error instanceof NetworkFault)) throw error;
          if (!error.passing || attempt >= retries) {
            throw networkFailure(error, { ...request, env: options.env });
          }
          const pause = Math.min(Math.max(pauseMs * 2 ** attempt, error.retryAfterMs ?? 0), MAX_PAUSE_MS);
          await sleep(pause, undefined, request.signal ? { signal: request.signal } : {}).catch(() => {});
        }
      }
    },
    // Not to wait for answers that nobody reads to their end any more.
    close: async () => (await agent)?.destroy(),
  };
}

interface OpenAnswer extends HttpResponse {
  /** Ends what was not read; does nothing after the end. */
  readonly discard: () => void;
}

async function follow(request: HttpRequest, open: () => Promise<Dispatcher>): Promise<OpenAnswer> {
  let target = request;
  for (let hops = 0; hops <= MAX_REDIRECTS; hops += 1) {
    if (isLocal(target.url)) return openFile(target);
    const answer = await sendOne(target, await open());
    const location = answer.statusCode >= 300 && answer.statusCode < 400 ? answer.headers.location : undefined;
    if (typeof location === 'string') {
      await drain(answer);
      target = redirected(target, location);
    } else if (answer.statusCode === 200) {
      const length = Number(answer.headers['content-length'] ?? Number.NaN);
      const bytes = Number.isSafeInteger(length) && length >= 0 ? length : undefined;
      const body = bounded(answer.body, { request: target, bytes });
      return { headers: answer.headers, bytes, body, discard: () => discard(answer.body) };
    } else {
      await drain(answer);
      throw NetworkFault.ofStatus(answer.statusCode, answer.headers['retry-after']);
    }
  }
  throw new NetworkFault(`more than ${MAX_REDIRECTS} redirects`, { passing: false });
}

async function sendOne(request: HttpRequest, dispatcher: Dispatcher): Promise<Dispatcher.ResponseData> {
  const { username, password, ...url } = splitUrl(request.url);
  const credentials = username === '' ? {} : { authorization: basicAuthorization(username, password) };
  const { request: send } = await import('undici');
  try {
    return await send(url.href, {
      dispatcher,
      headers: { 'user-agent': 'plimsoll', ...credentials, ...request.headers },
      signal: request.signal ?? null,
      highWaterMark: WAITING_BYTES,
    });
  } catch (error) {
    throw NetworkFault.of(error);
  }
}

/** Secrets stay with the server that they are meant for, and nothing that began encrypted goes on in the clear. */
function redirected(request: HttpRequest, location: string): HttpRequest {
  const from = new URL(request.url);
  const to = URL.canParse(location, from.href) ? new URL(location, from.href) : undefined;
  const allowed =
    to !== undefined && (to.protocol === 'https:' || (to.protocol === 'http:' && from.protocol === 'http:'));
  if (!allowed) {
    throw new NetworkFault(`a redirect to ${withoutCredentials(location)} was not followed`, { passing: false });
  }
  if (to.origin === from.origin) return { ...request, url: to.href };
  const { headers: _, ...rest } = request;
  return { ...rest, url: to.href };
}

async function* bounded(
  body: AsyncIterable<Uint8Array>,
  { request, bytes }: { readonly request: HttpRequest; readonly bytes: number | undefined },
): AsyncGenerator<Uint8Array> {
  if (bytes !== undefined && bytes > request.maxBytes) throw tooLong(request);
  let received = 0;
  const chunks = body[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await chunks.next().catch((error: unknown) => {
        throw NetworkFault.of(error);
      });
      if (next.done) return;
      received += next.value.byteLength;
      if (received > request.maxBytes) throw tooLong(request);
      yield next.value;
    }
  } finally {
    await chunks.return?.().catch(() => {});
  }
}

async function openFile(request: HttpRequest): Promise<OpenAnswer> {
  const path = fileURLToPath(request.url);
  const facts = await stat(path).catch((error: unknown) => {
    throw NetworkFault.of(error);
  });
  if (!facts.isFile()) throw NetworkFault.ofStatus(404);
  const content = createReadStream(path);
  const body = bounded(content, { request, bytes: facts.size });
  return { headers: {}, bytes: facts.size, body, discard: () => discard(content) };
}

function discard(body: Readable): void {
  // What it says to being cut short is no news.
  body.on('error', () => {}).destroy();
}

async function drain(answer: Dispatcher.ResponseData): Promise<void> {
  await answer.body.dump({ limit: MAX_REFUSAL_BYTES }).catch(() => {});
}

function isLocal(url: string): boolean {
  return url.startsWith('file:');
}

function tooLong({ what, url, maxBytes }: HttpRequest): Failure {
  return new Failure(
    `cannot fetch ${what}: ${withoutCredentials(url)} gives more than the ${formatByteSize(maxBytes)} that it may have`,
    {
      code: 'network/too-long',
      exit: EXIT.findings,
      mend: 'Check that the address is that of a mirror or registry, and not of a page that answers everything.',
    },
  );
}

function offlineFailure({ what }: HttpRequest): Failure {
  return new Failure(`cannot fetch ${what}: the network is not to be used, and the cache does not have it`, {
    code: 'network/offline',
    exit: EXIT.usage,
    mend: 'Run once with the network, or copy the cache folder (PLIMSOLL_CACHE) from a machine that has it.',
  });
}
