import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { EXIT, Failure } from '../../nouns/failure.ts';

/** A Python interpreter of this machine. */
export interface Python {
  readonly path: string;
  /** Such as `3.11.7`. */
  readonly version: string;
}

/** What the pinned packages have wheels for. */
const OLDEST = [3, 11] as const;
const NEWEST = [3, 13] as const;

const CANDIDATES = ['python3', 'python3.12', 'python3.11', 'python3.13', 'python'];
const QUESTION = 'import sys; print(sys.executable); print("%d.%d.%d" % sys.version_info[:3])';
/** Starting an interpreter takes tens of milliseconds; a wrapper that asks something would wait for ever. */
const ANSWER_MS = 30_000;

/**
 * The interpreter that is wanted, or the first of this machine that the pinned packages have wheels for.
 *
 * @throws Failure `convert/python` with what was found
 */
export async function findPython(wanted: string | undefined, env: NodeJS.ProcessEnv): Promise<Python> {
  const found: Python[] = [];
  for (const candidate of wanted === undefined ? CANDIDATES : [wanted]) {
    const python = await ask(candidate, env);
    if (python === undefined) continue;
    if (isServed(python.version)) return python;
    found.push(python);
  }
  const range = `${OLDEST.join('.')} to ${NEWEST.join('.')}`;
  const what =
    found.length === 0
      ? wanted === undefined
        ? 'there is no Python on this machine'
        : `${wanted} is no Python`
      : `the Python of this machine is ${found.map(({ path, version }) => `${version} (${path})`).join(', ')}`;
  throw new Failure(`${what}; converting needs one of ${range}`, {
    code: 'convert/python',
    exit: EXIT.usage,
    mend: `Install one (on Debian and Ubuntu: apt install python3 python3-venv), or name one with the key "python" beside "from" in plimsoll.yaml.`,
  });
}

async function ask(candidate: string, env: NodeJS.ProcessEnv): Promise<Python | undefined> {
  try {
    const { stdout } = await promisify(execFile)(candidate, ['-I', '-c', QUESTION], { env, timeout: ANSWER_MS });
    const [path = '', version = ''] = stdout.trim().split(/\r?\n/);
    return /^\d+\.\d+\.\d+$/.test(version) ? { path, version } : undefined;
  } catch {
    return undefined;
  }
}

function isServed(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major === OLDEST[0] && minor >= OLDEST[1] && minor <= NEWEST[1];
}
