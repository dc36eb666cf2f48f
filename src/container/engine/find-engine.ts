import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { EXIT, Failure } from '../../nouns/failure.ts';
import { contextEndpoint } from './docker-context.ts';
import { defaultEndpoints, type Endpoint, type Environment, type Machine, namedEndpoint } from './endpoint.ts';
import { connectEngine, type Engine } from './engine.ts';

export type EngineAbsence = 'not installed' | 'not running' | 'no permission' | 'no answer' | 'not for Linux';

export type EngineSearch = { readonly engine: Engine } | { readonly reason: EngineAbsence; readonly failure: Failure };

/**
 * The engine to use: the one that DOCKER_HOST names, else Docker's current context, else the first default socket of Docker
 * or Podman that answers. Never rejects for an engine that is not there: the Failure says why and is the caller's to throw.
 */
export async function findEngine(env: Environment, machine: Machine): Promise<EngineSearch> {
  const named = namedEndpoint(env) ?? (await contextEndpoint(env, machine));
  const endpoints = named === undefined ? defaultEndpoints(env, machine) : [named];
  const refusals: Refusal[] = [];
  for (const endpoint of endpoints) {
    try {
      const engine = await connectEngine(endpoint, env);
      if (engine.os === 'linux') return { engine };
      refusals.push({ endpoint, reason: 'not for Linux', cause: `it runs containers of ${engine.os}` });
    } catch (cause) {
      refusals.push({ endpoint, reason: reasonOf(cause), cause });
    }
  }
  return absence(mostTelling(refusals), { installed: named !== undefined || (await isInstalled(env)) });
}

interface Refusal {
  readonly endpoint: Endpoint;
  readonly reason: EngineAbsence;
  readonly cause: unknown;
}

/** `not installed` stands for a socket that is not there; only the PATH tells whether the engine is missing or asleep. */
const REASONS: Readonly<Record<string, EngineAbsence>> = {
  ENOENT: 'not installed',
  ENOTDIR: 'not installed',
  ECONNREFUSED: 'not running',
  EACCES: 'no permission',
  EPERM: 'no permission',
};

const MOST_TELLING_FIRST: readonly EngineAbsence[] = [
  'no permission',
  'not for Linux',
  'no answer',
  'not running',
  'not installed',
];

function reasonOf(cause: unknown): EngineAbsence {
  return REASONS[String((cause as { code?: unknown } | null)?.code)] ?? 'no answer';
}

function mostTelling(refusals: readonly Refusal[]): Refusal | undefined {
  const rank = ({ reason }: Refusal) => MOST_TELLING_FIRST.indexOf(reason);
  return [...refusals].sort((a, b) => rank(a) - rank(b))[0];
}

async function isInstalled(env: Environment): Promise<boolean> {
  for (const folder of (env.PATH ?? '').split(delimiter).filter((path) => path !== '')) {
    for (const program of ['docker', 'dockerd', 'podman']) {
      const found = await access(join(folder, program), constants.X_OK).then(
        () => true,
        () => false,
      );
      if (found) return true;
    }
  }
  return false;
}

const MENDS: Readonly<Record<EngineAbsence, string>> = {
  'not installed':
    'Install Docker or Podman, or do without: plimsoll run --engine none, plimsoll package without --load.',
  'not running': 'Start it (on Linux: sudo systemctl start docker), or name another with DOCKER_HOST.',
  'no permission': 'Give this user the right to it (on Linux: sudo usermod -aG docker "$USER", then log in again).',
  'no answer':
    'See that it is healthy with docker version, and that DOCKER_HOST, DOCKER_CERT_PATH and the Docker context are right.',
  'not for Linux': 'Switch the engine to Linux containers.',
};

function absence(refusal: Refusal | undefined, { installed }: { readonly installed: boolean }): EngineSearch {
  const missing = refusal === undefined || refusal.reason === 'not installed';
  const reason = missing && installed ? 'not running' : (refusal?.reason ?? 'not installed');
  const { address, origin } = refusal?.endpoint ?? { address: 'no address', origin: 'the default place' };
  const cause = refusal?.cause;
  const detail = cause instanceof Error ? cause.message : String(cause ?? 'nothing to try');
  const failure = new Failure(`no container engine (${reason}) at ${address}, from ${origin}: ${detail}`, {
    code: `engine/${reason.toLowerCase().replaceAll(' ', '-')}`,
    exit: EXIT.usage,
    mend: MENDS[reason],
    cause,
  });
  return { reason, failure };
}
