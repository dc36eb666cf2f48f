import * as z from 'zod';
import { EXIT, type ExitCode, Failure } from '../../nouns/failure.ts';
import type { Machine } from '../../nouns/machine.ts';
import { NetworkFault, networkFailure, withoutCredentials } from '../sources/network-failure.ts';

/** The body that registries send along with a refusal, by the distribution specification. */
const ErrorBody = z.object({
  errors: z.array(z.object({ code: z.string().optional(), message: z.string().optional() })).optional(),
});

/** How much of a server's own words is told on. */
const MAX_WORDS = 300;

/** A registry's refusal with its own words, which say more than the status. */
export function refusedFault(
  status: number,
  facts: { readonly body: string; readonly retryAfter: string | string[] | undefined; readonly nowMs: number },
): NetworkFault {
  const plain = NetworkFault.ofStatus(status);
  const retryAfterMs = readRetryAfter(facts.retryAfter, facts.nowMs);
  const words = wordsOf(facts.body);
  return new NetworkFault(words === '' ? plain.message : `${plain.message} (${words})`, {
    passing: plain.passing,
    status,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  });
}

/** Seconds or a date, by RFC 9110, 10.2.3. */
function readRetryAfter(header: string | string[] | undefined, nowMs: number): number | undefined {
  const text = [header ?? []].flat()[0];
  if (text === undefined) return undefined;
  const ms = /^\s*\d+\s*$/.test(text) ? Number(text) * 1000 : Date.parse(text) - nowMs;
  return ms > 0 ? ms : undefined;
}

function wordsOf(body: string): string {
  const parsed = ErrorBody.safeParse(jsonOf(body));
  const errors = parsed.success ? (parsed.data.errors ?? []) : [];
  const words = errors.map(({ code, message }) => [code, message].filter(Boolean).join(': ')).join('; ');
  // Control characters of a stranger have no business on a terminal.
  return words.replace(/\p{Cc}+/gu, ' ').slice(0, MAX_WORDS);
}

interface Refusal {
  readonly code: string;
  readonly statuses: readonly number[];
  readonly exit: ExitCode;
  readonly mend: string;
}

const REFUSALS: readonly Refusal[] = [
  {
    code: 'registry/unauthorized',
    statuses: [401],
    exit: EXIT.usage,
    mend: 'Sign in to that registry (docker login HOST), or mend what Docker’s config.json has for it.',
  },
  {
    code: 'registry/denied',
    statuses: [403],
    exit: EXIT.usage,
    mend: 'Check the path of the repository, that it exists where the registry wants that, and what this account may do there.',
  },
  {
    code: 'registry/not-found',
    statuses: [404],
    exit: EXIT.usage,
    mend: 'Check the path, the tag and the digest.',
  },
  {
    code: 'registry/too-large',
    statuses: [413],
    exit: EXIT.usage,
    mend: 'The registry, or a proxy before it, refuses bodies of that size; raise its limit.',
  },
  {
    code: 'registry/busy',
    statuses: [429],
    exit: EXIT.usage,
    mend: 'The registry limits how often it may be asked: wait, or sign in, which mostly raises the limit.',
  },
];

/** Says a fault between here and a registry so that the user can act on it. */
export function registryFailure(
  fault: NetworkFault,
  wanted: { readonly action: string; readonly what: string; readonly url: string; readonly env: Machine['env'] },
): Failure {
  const refusal = REFUSALS.find(({ statuses }) => fault.status !== undefined && statuses.includes(fault.status));
  if (refusal === undefined) return networkFailure(fault, wanted);
  const { code, exit, mend } = refusal;
  const where = withoutCredentials(wanted.url);
  return new Failure(`cannot ${wanted.action} ${wanted.what}: ${fault.message}, at ${where}`, {
    code,
    exit,
    mend,
    cause: fault,
  });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
