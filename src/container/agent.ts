import type { Dispatcher } from 'undici';
import { EXIT, Failure } from '../nouns/failure.ts';

/**
 * How much of a body waits in memory before the server is made to wait. Large on purpose: undici 7 ends the whole process by an
 * assertion when a connection breaks while it holds the server back, so that should not come about where the disk keeps up.
 */
export const WAITING_BYTES = 64 * 2 ** 20;

export interface AgentOptions {
  /** Read for `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`, in either case. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly connectTimeoutMs?: number;
  /** The longest silence, before the answer begins and within it. */
  readonly stallTimeoutMs?: number;
  /** Certificates in PEM: authorities to trust instead of the machine's, and what to show of oneself. */
  readonly tls?: { readonly ca?: string[]; readonly cert?: string; readonly key?: string };
}

/**
 * The way to servers, through the proxy that the environment names, if any. The client is loaded with the first request: most runs find
 * all they need in the cache, and it takes a tenth of a second to load. Throws `network/proxy` for a proxy's address that is none.
 */
export async function openAgent({
  env,
  connectTimeoutMs = 15_000,
  stallTimeoutMs = 30_000,
  tls = {},
}: AgentOptions): Promise<Dispatcher> {
  const { EnvHttpProxyAgent } = await import('undici');
  const variable = (name: string): string => env[name.toLowerCase()] || env[name] || '';
  try {
    return new EnvHttpProxyAgent({
      httpProxy: variable('HTTP_PROXY'),
      httpsProxy: variable('HTTPS_PROXY'),
      noProxy: variable('NO_PROXY'),
      connect: { timeout: connectTimeoutMs, ...tls },
      requestTls: tls,
      proxyTls: { timeout: connectTimeoutMs },
      headersTimeout: stallTimeoutMs,
      bodyTimeout: stallTimeoutMs,
      // Many proxies allow CONNECT to port 443 only, so plain http goes the plain way.
      proxyTunnel: false,
    });
  } catch (error) {
    throw new Failure('HTTP_PROXY or HTTPS_PROXY does not hold the address of a proxy', {
      code: 'network/proxy',
      exit: EXIT.usage,
      mend: 'Write it as http://HOST:PORT, or unset the variable.',
      cause: error,
    });
  }
}

/** An address without the user and password that it may carry, and these. */
export function splitUrl(text: string): { href: string; username: string; password: string } {
  const url = new URL(text);
  const { username, password } = url;
  url.username = '';
  url.password = '';
  return { href: url.href, username: decodeURIComponent(username), password: decodeURIComponent(password) };
}

export function basicAuthorization(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}
