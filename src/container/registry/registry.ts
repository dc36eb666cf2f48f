import { setTimeout as sleep } from 'node:timers/promises';
import type { Dispatcher } from 'undici';
import type { Machine } from '../../nouns/machine.ts';
import { openAgent } from '../agent.ts';
import { NetworkFault } from '../sources/network-failure.ts';
import { authorize } from './authorize.ts';
import { registryTls } from './certificates.ts';
import { parseChallenges } from './challenge.ts';
import { findCredentials } from './credentials.ts';
import { type Answer, drain, type Exchange, exchange, type Method, readText } from './exchange.ts';
import { isLoopback } from './loopback.ts';
import { refusedFault, registryFailure } from './registry-fault.ts';

/** A server that asks for a longer pause is waited for this long and no longer. */
const MAX_PAUSE_MS = 30_000;

export interface RegistryOptions {
  readonly machine: Pick<Machine, 'env' | 'home' | 'now'>;
  readonly signal?: AbortSignal;
  /** How often a passing fault is tried again. */
  readonly retries?: number;
  /** The pause before the first retry; it doubles with each. */
  readonly pauseMs?: number;
  /** The longest silence of the registry. */
  readonly stallTimeoutMs?: number;
  /** Between 0 and 1: how much longer a pause becomes, so that many clients do not come back at once. */
  readonly jitter?: () => number;
}

export interface Call {
  readonly method: Method;
  /** Path and query below the registry, or an address that the registry itself has named. */
  readonly target: string;
  readonly repository: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Exchange['body'];
  /** What is done, for a token, as `repository:PATH:pull`. */
  readonly scopes: readonly string[];
  /** Statuses that are answers; any other is a fault. */
  readonly statuses: readonly number[];
  /** For messages: `push`. */
  readonly action: string;
  /** For messages: `the layer sha256:…`. */
  readonly what: string;
  /** A passing fault is thrown as the NetworkFault that it is; whoever calls knows better how to go on. */
  readonly once?: true;
}

/** The way to one registry: with its certificates, in the clear on this machine only, signed in when it asks. */
export interface Registry {
  /** `HOST[:PORT]`. */
  readonly name: string;
  readonly options: RegistryOptions;
  /** Sends a request, again after a passing fault, `consume` included. Throws a Failure that names `what`. */
  call<T>(call: Call, consume: (answer: Answer) => Promise<T>): Promise<T>;
  /** Says a fault that `once` let through. */
  failure(fault: NetworkFault, call: Pick<Call, 'action' | 'what' | 'target'>): Error;
  /** Waits before a try, longer with each; the fault may ask for more. */
  pause(attempt: number, fault: NetworkFault): Promise<void>;
  close(): Promise<void>;
}

export function openRegistry(name: string, options: RegistryOptions): Registry {
  const { machine, signal, retries = 4, pauseMs = 500, jitter = Math.random } = options;
  const authorizations = new Map<string, string>();
  const way = openWay(name, options);

  const send = async (request: Exchange) => {
    const { agent } = await way.open();
    return exchange({ ...request, ...(signal && { signal }) }, agent);
  };

  const sendAuthorized = async (call: Call, authorization: string | undefined): Promise<Answer> => {
    const { base } = await way.open();
    const url = new URL(call.target, base);
    if (url.protocol === 'http:' && !isLoopback(url.host)) throw inTheClear(url);
    const own = authorization !== undefined && url.origin === base.origin ? { authorization } : {};
    const { method, headers, body } = call;
    return send({ method, url: url.href, headers: { ...headers, ...own }, ...(body && { body }) });
  };

  const sendSignedIn = async (call: Call): Promise<Answer> => {
    const key = [...call.scopes].sort().join(' ');
    const answer = await sendAuthorized(call, authorizations.get(key));
    if (answer.status !== 401) return answer;
    authorizations.delete(key);
    const challenges = parseChallenges(answer.headers['www-authenticate']);
    const credentials = await findCredentials({ registry: name, repository: call.repository }, machine);
    const nowMs = machine.now().getTime();
    const header = await authorize({ challenges, credentials, registry: name, scopes: call.scopes, nowMs, send });
    if (header === undefined) return answer;
    await drain(answer);
    authorizations.set(key, header);
    return sendAuthorized(call, header);
  };

  const once = async <T>(call: Call, consume: (answer: Answer) => Promise<T>): Promise<T> => {
    const answer = await sendSignedIn(call);
    try {
      if (call.statuses.includes(answer.status)) return await consume(answer);
      const body = await readText(answer.body).catch(() => '');
      const retryAfter = answer.headers['retry-after'];
      throw refusedFault(answer.status, { body, retryAfter, nowMs: machine.now().getTime() });
    } finally {
      answer.body.on('error', () => {}).destroy();
    }
  };

  const failure: Registry['failure'] = (fault, { action, what, target }) => {
    const url = URL.canParse(target) ? new URL(target).href : `https://${name}${target}`;
    return registryFailure(fault, { action, what, url: url.replace(/\?.*/, ''), env: machine.env });
  };

  const pause: Registry['pause'] = async (attempt, fault) => {
    const backOff = pauseMs * 2 ** attempt * (1 + jitter());
    const ms = Math.min(Math.max(backOff, fault.retryAfterMs ?? 0), MAX_PAUSE_MS);
    await sleep(ms, undefined, signal ? { signal } : {}).catch(() => {});
    signal?.throwIfAborted();
  };

  return {
    name,
    options,
    failure,
    pause,
    async call(call, consume) {
      for (let attempt = 0; ; attempt += 1) {
        try {
          return await once(call, consume);
        } catch (error) {
          if (signal?.aborted) throw signal.reason;
          if (!(error instanceof NetworkFault)) throw error;
          if (call.once && error.passing) throw error;
          if (!error.passing || attempt >= retries) throw failure(error, call);
          await pause(attempt, error);
        }
      }
    },
    close: way.close,
  };
}

interface Way {
  readonly agent: Dispatcher;
  readonly base: URL;
}

/** Opened with the first request; a registry on this machine is asked whether it speaks in the clear. */
function openWay(name: string, { machine, signal, stallTimeoutMs = 60_000 }: RegistryOptions) {
  let way: Promise<Way> | undefined;
  const make = async (): Promise<Way> => {
    const local = isLoopback(name);
    const tls = await registryTls(name, machine);
    // What is on this machine is never reached through a proxy.
    const agent = await openAgent({ env: local ? {} : machine.env, stallTimeoutMs, tls });
    const scheme = local && (await speaksPlainly(name, { agent, signal })) ? 'http' : 'https';
    return { agent, base: new URL(`${scheme}://${name}/`) };
  };
  return {
    open: () => {
      way ??= make();
      return way;
    },
    // Not to wait for answers that nobody reads to their end any more.
    close: async () => (await way?.catch(() => undefined))?.agent.destroy(),
  };
}

/**
 * A server that wants TLS answers a plain request with 400, or not at all. Where the request broke, TLS is tried: a server that does
 * not speak it says so in its way, and the break was a fault like any other.
 */
async function speaksPlainly(name: string, by: ProbeWay): Promise<boolean> {
  const plain = await probe(`http://${name}/v2/`, by);
  if (plain === 'ECONNREFUSED') return true;
  if (typeof plain === 'number') return plain !== 400;
  const encrypted = await probe(`https://${name}/v2/`, by);
  return typeof encrypted === 'string' && !CERTIFICATE_REASON.test(encrypted);
}

/** How Node names what is wrong with a certificate: there was TLS then. */
const CERTIFICATE_REASON = /CERT|SIGNATURE|ISSUER/;

interface ProbeWay {
  readonly agent: Dispatcher;
  readonly signal: AbortSignal | undefined;
}

/** The status that comes back, or the reason why none does. */
async function probe(url: string, { agent, signal }: ProbeWay): Promise<number | string> {
  try {
    const answer = await exchange({ method: 'GET', url, headers: {}, ...(signal && { signal }) }, agent);
    await drain(answer);
    return answer.status;
  } catch (error) {
    return NetworkFault.of(error).reason ?? '';
  }
}

function inTheClear({ host }: URL): NetworkFault {
  return new NetworkFault(`it leads to ${host} in the clear, which only this machine itself is spoken to`, {
    passing: false,
  });
}
