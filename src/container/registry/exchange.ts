import type { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import { WAITING_BYTES } from '../agent.ts';
import { NetworkFault, withoutCredentials } from '../sources/network-failure.ts';

export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH';

export interface Exchange {
  readonly method: Method;
  /** Absolute. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Makes the body; asked anew whenever the request is sent again. */
  readonly body?: () => Readable | Uint8Array;
  readonly signal?: AbortSignal;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Readable;
  /** Where the answer came from in the end. */
  readonly url: string;
}

/** Registries send their readers on to where the blobs are kept, seldom more than once. */
const MAX_REDIRECTS = 5;

/** Sends one request and follows its redirects, where it reads. Throws a NetworkFault where no answer comes. */
export async function exchange(request: Exchange, dispatcher: Dispatcher): Promise<Answer> {
  let target = request;
  for (let hops = 0; hops <= MAX_REDIRECTS; hops += 1) {
    const answer = await sendOne(target, dispatcher);
    const location = answer.headers.location;
    const moved = answer.status >= 300 && answer.status < 400 && typeof location === 'string';
    if (!moved || (target.method !== 'GET' && target.method !== 'HEAD')) return answer;
    await drain(answer);
    target = redirected(target, location);
  }
  throw new NetworkFault(`more than ${MAX_REDIRECTS} redirects`, { passing: false });
}

/** Reads what is left of an answer, so that its connection can be used again. */
export async function drain({ body }: Answer): Promise<void> {
  await readText(body).catch(() => {});
}

/** How much of an answer that only says why something failed is worth reading. */
const MAX_TEXT_BYTES = 64 * 1024;

/** The beginning of a body as text; the rest is thrown away. */
export async function readText(body: Readable): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    chunks.push(chunk as Uint8Array);
    bytes += (chunk as Uint8Array).byteLength;
    if (bytes > MAX_TEXT_BYTES) break;
  }
  return Buffer.concat(chunks).toString('utf8').slice(0, MAX_TEXT_BYTES);
}

async function sendOne(request: Exchange, dispatcher: Dispatcher): Promise<Answer> {
  const { request: send } = await import('undici');
  const { method, url, headers, body, signal } = request;
  const content = body?.();
  try {
    const answer = await send(url, {
      method,
      dispatcher,
      headers: { 'user-agent': 'plimsoll', ...headers },
      body: content ?? null,
      signal: signal ?? null,
      highWaterMark: WAITING_BYTES,
    });
    return { status: answer.statusCode, headers: answer.headers, body: answer.body, url };
  } catch (error) {
    throw NetworkFault.of(error);
  } finally {
    // An answer may come before all was sent; the file behind it is not to stay open.
    if (content !== undefined && !(content instanceof Uint8Array)) content.on('error', () => {}).destroy();
  }
}

/** Secrets stay with the server that they are meant for, and nothing that began encrypted goes on in the clear. */
function redirected(request: Exchange, location: string): Exchange {
  const from = new URL(request.url);
  const to = URL.canParse(location, from.href) ? new URL(location, from.href) : undefined;
  if (to === undefined || !(to.protocol === 'https:' || (to.protocol === 'http:' && from.protocol === 'http:'))) {
    throw new NetworkFault(`a redirect to ${withoutCredentials(location)} was not followed`, { passing: false });
  }
  if (to.origin === from.origin) return { ...request, url: to.href };
  const { authorization: _, ...headers } = request.headers;
  return { ...request, url: to.href, headers };
}
