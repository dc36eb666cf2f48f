import { EXIT, Failure } from '../../nouns/failure.ts';

interface Known {
  readonly pattern: RegExp;
  readonly code: string;
  readonly mend: string;
}

/** What engines say in words only; each has the status 500. */
const KNOWN: readonly Known[] = [
  {
    pattern: /port is already allocated|address already in use/i,
    code: 'engine/port-taken',
    mend: 'Stop what listens there, or name another port: --port 0 takes a free one.',
  },
  {
    pattern: /no space left on device/i,
    code: 'engine/full',
    mend: 'Make room where the engine keeps its images, for instance with docker system prune.',
  },
  {
    pattern: /exec format error|no matching manifest|does not match the specified platform/i,
    code: 'engine/wrong-platform',
    mend: 'Package for the processor of the machine that the engine runs on, with --platform.',
  },
  {
    pattern: /no such image/i,
    code: 'engine/no-image',
    mend: 'Load the image first: plimsoll package --load.',
  },
];

/** An engine's refusal as a Failure: what was tried, in its own words why not, and the mend where one is known. */
export function asEngineFailure(error: unknown, doing: string): Failure {
  if (error instanceof Failure) return error;
  const said = messageOf(error);
  const known = KNOWN.find(({ pattern }) => pattern.test(said));
  return new Failure(`the engine could not ${doing}: ${said}`, {
    code: known?.code ?? 'engine/refused',
    exit: EXIT.usage,
    mend: known?.mend ?? 'See what the engine itself says with docker version and docker info.',
    cause: error,
  });
}

export function statusOf(error: unknown): number | undefined {
  const status = (error as { statusCode?: unknown } | null)?.statusCode;
  return typeof status === 'number' ? status : undefined;
}

function messageOf(error: unknown): string {
  const own = (error as { json?: { message?: unknown } } | null)?.json?.message;
  if (typeof own === 'string') return own;
  return error instanceof Error ? error.message : String(error);
}
