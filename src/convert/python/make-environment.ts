import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cache } from '../../cache/cache.ts';
import { type Digest, digestOf } from '../../nouns/digest.ts';
import { EXIT, Failure } from '../../nouns/failure.ts';
import type { Progress } from '../../nouns/progress.ts';
import type { Python } from './find-python.ts';
import { type Ran, runProgram } from './run-program.ts';

/** Packages of one Python environment, by version and hash. */
export interface Requirements {
  /** Said while it is made. */
  readonly name: string;
  /** In the format of pip, each package with its hashes. */
  readonly file: string;
}

export interface EnvironmentTools {
  readonly python: Python;
  readonly cache: Pick<Cache, 'folder' | 'root'>;
  readonly env: NodeJS.ProcessEnv;
  readonly progress: Progress;
  readonly signal: AbortSignal | undefined;
}

/** An environment that is ready: its interpreter, and the digest of what was asked to be in it. */
export interface PythonEnvironment {
  readonly python: string;
  readonly digest: Digest;
}

/** Nothing but what the list names, and nothing that would have to be built. */
const SYNC = [
  ...['pip', 'sync', '--quiet', '--no-config', '--require-hashes'],
  ...['--only-binary', ':all:', '--compile-bytecode'],
];

/** Large wheels come over slow lines. */
const INSTALL_MS = 60 * 60_000;

/**
 * The environment with exactly these packages and nothing else: from the cache, else made there by `uv`, which takes nothing whose
 * hash is another. No pip is in it, so that nothing can install itself later.
 *
 * @throws Failure `convert/environment` with what the installer said
 */
export async function makeEnvironment(
  requirements: Requirements,
  uv: string,
  tools: EnvironmentTools,
): Promise<PythonEnvironment> {
  const { python, cache, env, progress } = tools;
  const text = await readFile(requirements.file, 'utf8');
  const digest = digestOf(text);
  const key = `python environment of ${digest} for ${python.version} at ${python.path}`;
  const folder = await cache.folder(
    key,
    async (target) => {
      progress.note(`make the Python environment ${requirements.name}, once`);
      const uvEnv = { ...installerEnvironment(env), UV_CACHE_DIR: join(cache.root, 'uv'), VIRTUAL_ENV: target };
      await mkdir(uvEnv.UV_CACHE_DIR, { recursive: true });
      const limits = { env: uvEnv, timeoutMs: INSTALL_MS, signal: tools.signal };
      const venv = ['venv', '--quiet', '--no-config', '--no-project', '--allow-existing', '--python', python.path];
      assertInstalled(await runProgram(uv, [...venv, target], limits), requirements);
      // What it has it takes without asking the index, so that a machine without a network can make it again.
      const offline = await runProgram(uv, [...SYNC, '--offline', requirements.file], limits);
      if (offline.exitCode === 0) return;
      assertInstalled(await runProgram(uv, [...SYNC, requirements.file], limits), requirements);
    },
    // Some hold thousands of files of gigabytes; uv has checked each by its hash.
    { check: 'sizes' },
  );
  return { python: join(folder, 'bin', 'python'), digest };
}

/** uv reads no configuration of pip, which is where people say what their index is. */
export function installerEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { PIP_INDEX_URL, PIP_EXTRA_INDEX_URL, UV_DEFAULT_INDEX, UV_INDEX } = env;
  return {
    ...env,
    ...(UV_DEFAULT_INDEX === undefined && PIP_INDEX_URL !== undefined && { UV_DEFAULT_INDEX: PIP_INDEX_URL }),
    ...(UV_INDEX === undefined && PIP_EXTRA_INDEX_URL !== undefined && { UV_INDEX: PIP_EXTRA_INDEX_URL }),
  };
}

function assertInstalled({ exitCode, output }: Ran, { name, file }: Requirements): void {
  if (exitCode === 0) return;
  const known = KNOWN.find(({ pattern }) => pattern.test(output));
  throw new Failure(`the Python environment ${name} cannot be made: ${output.trim().slice(-2000)}`, {
    code: 'convert/environment',
    exit: EXIT.system,
    mend:
      known?.mend ?? `Check the way to the Python package index (PIP_INDEX_URL, proxies, certificates), and ${file}.`,
  });
}

/** What the installer says, and what a person can do. */
const KNOWN: readonly { readonly pattern: RegExp; readonly mend: string }[] = [
  {
    pattern: /[Hh]ash mismatch/,
    mend: 'A package is another one than the list names: trust neither before you know why; a mirror may serve other files.',
  },
  {
    pattern: /was not found in the cache|network was disabled/,
    mend: 'This machine has no network, and the package is not in the cache: convert once where there is one.',
  },
  {
    pattern:
      /no (?:usable )?wheels?|no wheels with a matching Python|only has wheels|Python (?:ABI|implementation|version)/,
    mend: 'A package of the list has no wheel for this Python or platform: name another interpreter with the key "python" beside "from" (3.11 has most).',
  },
  {
    pattern: /depends? on[\s\S]*(?:unsatisfiable|cannot be used|conflict)|No solution found/,
    mend: 'Versions in the list exclude each other: make it anew with uv pip compile --generate-hashes, which says which.',
  },
  {
    pattern: /require hashes|--require-hashes|hash/,
    mend: 'Each package of the list needs its version and its hashes: make it with uv pip compile --generate-hashes.',
  },
];
