import { EXIT, Failure } from '../../nouns/failure.ts';

/** What went wrong between here and a server, before it is known what it means for the user. */
export class NetworkFault extends Error {
  /** Whether the same may well work a moment later. */
  readonly passing: boolean;
  readonly status: number | undefined;
  readonly reason: string | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(message: string, facts: { passing: boolean; status?: number; reason?: string; retryAfterMs?: number }) {
    super(message);
    this.name = 'NetworkFault';
    this.passing = facts.passing;
    this.status = facts.status;
    this.reason = facts.reason;
    this.retryAfterMs = facts.retryAfterMs;
  }

  static of(error: unknown): NetworkFault {
    if (error instanceof NetworkFault) return error;
    const { reason, message } = rootOf(error);
    const kind = KINDS.find(({ reasons }) => reasons.includes(reason ?? ''));
    return new NetworkFault(reason === undefined || message.includes(reason) ? message : `${message} (${reason})`, {
      passing: kind?.passing ?? true,
      ...(reason === undefined ? {} : { reason }),
    });
  }

  static ofStatus(status: number, retryAfter?: string | string[]): NetworkFault {
    const seconds = typeof retryAfter === 'string' ? Number(retryAfter) : Number.NaN;
    return new NetworkFault(`the server answered with status ${status}`, {
      status,
      passing: PASSING_STATUSES.has(status),
      ...(seconds > 0 ? { retryAfterMs: seconds * 1000 } : {}),
    });
  }
}

const PASSING_STATUSES: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);

interface Kind {
  readonly code: string;
  readonly reasons: readonly string[];
  readonly statuses?: readonly number[];
  readonly passing: boolean;
  readonly mend: string;
}

const PROXY_HINT = 'Behind a proxy, set HTTPS_PROXY and HTTP_PROXY (and NO_PROXY for what is near).';

const PLACES_HINT = 'PLIMSOLL_DEBIAN_MIRROR and npm_config_registry name other places';

const KINDS: readonly Kind[] = [
  {
    code: 'network/unreachable',
    reasons: [
      'ENOTFOUND',
      'EAI_AGAIN',
      'ECONNREFUSED',
      'ENETUNREACH',
      'EHOSTUNREACH',
      'ENETDOWN',
      'EADDRNOTAVAIL',
      // A firewall that drops packets: to wait for it several times over helps nobody.
      'UND_ERR_CONNECT_TIMEOUT',
    ],
    passing: false,
    mend: `Check the network and the address (${PLACES_HINT}). ${PROXY_HINT} What a run has fetched stays in the cache (PLIMSOLL_CACHE), and later runs need no network for it.`,
  },
  {
    code: 'network/untrusted-certificate',
    reasons: [
      'SELF_SIGNED_CERT_IN_CHAIN',
      'DEPTH_ZERO_SELF_SIGNED_CERT',
      'UNABLE_TO_GET_ISSUER_CERT',
      'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
      'CERT_UNTRUSTED',
      'INVALID_CA',
    ],
    passing: false,
    mend: 'If your organisation has its own certificate authority, name its PEM file in NODE_EXTRA_CA_CERTS, or on Node 22.19 and later set NODE_USE_SYSTEM_CA=1.',
  },
  {
    code: 'network/bad-certificate',
    reasons: ['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID', 'ERR_TLS_CERT_ALTNAME_INVALID', 'CERT_REVOKED'],
    passing: false,
    mend: "Check this machine's clock and the address.",
  },
  {
    code: 'network/timeout',
    reasons: ['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'ETIMEDOUT'],
    statuses: [408, 504],
    passing: true,
    mend: `Try again, or use another mirror or registry. ${PROXY_HINT}`,
  },
  {
    code: 'network/proxy',
    reasons: ['UND_ERR_ABORTED', 'UND_ERR_PRX_TLS'],
    statuses: [407],
    passing: false,
    mend: 'Check what HTTPS_PROXY and HTTP_PROXY name, with user and password in the address where the proxy wants them, or list the host in NO_PROXY.',
  },
  {
    code: 'network/not-allowed',
    reasons: ['EACCES'],
    statuses: [401, 403],
    passing: false,
    mend: 'Check the credentials for that server (for npm: the token in .npmrc) and what it lets this account read.',
  },
  {
    code: 'network/not-found',
    reasons: ['ENOENT', 'ENOTDIR', 'EISDIR'],
    statuses: [404, 410],
    passing: false,
    mend: `Check the version and the address (${PLACES_HINT}); old versions vanish from mirrors, while the cache keeps them.`,
  },
];

const OTHER = { code: 'network/broken', mend: 'Try again, or use another mirror or registry.' };

/** Says a fault so that the user can act on it: what was wanted, from where, what happened, what to set. */
export function networkFailure(
  fault: NetworkFault,
  wanted: {
    readonly what: string;
    readonly url: string;
    readonly env: Readonly<Record<string, string | undefined>>;
    /** What was not possible; to fetch, where nothing is said. */
    readonly action?: string;
  },
): Failure {
  const kind =
    KINDS.find(
      ({ reasons, statuses }) =>
        reasons.includes(fault.reason ?? '') || (fault.status !== undefined && statuses?.includes(fault.status)),
    ) ?? OTHER;
  const proxies = ['HTTPS_PROXY', 'HTTP_PROXY'].flatMap((name) => {
    const value = wanted.env[name.toLowerCase()] || wanted.env[name];
    return value ? [`${name}=${withoutCredentials(value)}`] : [];
  });
  const through = proxies.length === 0 ? '' : `, with ${proxies.join(' and ')}`;
  const { action = 'fetch' } = wanted;
  return new Failure(
    `cannot ${action} ${wanted.what}: ${fault.message}, at ${withoutCredentials(wanted.url)}${through}`,
    {
      code: kind.code,
      exit: EXIT.usage,
      mend: kind.mend,
      cause: fault,
    },
  );
}

/** An address without the user and password that it may carry. */
export function withoutCredentials(url: string): string {
  return url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/@]*@/i, '$1');
}

/** undici wraps the system's errors, and Node gathers one for each address that it tried. */
function rootOf(error: unknown): { reason: string | undefined; message: string } {
  let current = error as
    | { code?: unknown; message?: unknown; cause?: unknown; errors?: readonly unknown[] }
    | undefined;
  let message = '';
  // Chains of causes are a few links long; the bound only keeps a circle from holding us.
  for (let depth = 0; depth < 10 && current !== undefined && current !== null; depth += 1) {
    if (typeof current.message === 'string' && current.message !== '') message = current.message;
    if (typeof current.code === 'string') return { reason: current.code, message: message || current.code };
    current = (current.cause ?? current.errors?.[0]) as typeof current;
  }
  return { reason: undefined, message: message || String(error) };
}
