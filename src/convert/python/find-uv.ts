import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { digestOfFile } from '../../cache/digest-of-file.ts';
import { HERE } from '../../here.ts';
import { EXIT, Failure } from '../../nouns/failure.ts';
import type { EnvironmentTools } from './make-environment.ts';
import { runProgram } from './run-program.ts';

const REQUIREMENTS = fileURLToPath(new URL('convert/environments/uv.txt', HERE));
const INSTALL_MS = 10 * 60_000;

/**
 * The pinned `uv`, which makes all other environments: from the cache, else fetched by pip, by its hash.
 *
 * @throws Failure `convert/python` where Python has no venv, `convert/environment` where uv cannot be had
 */
export async function findUv({ python, cache, env, progress, signal }: EnvironmentTools): Promise<string> {
  const key = `uv of ${await digestOfFile(REQUIREMENTS)} for ${python.version} at ${python.path}`;
  const folder = await cache.folder(
    key,
    async (target) => {
      progress.note('fetch uv, which makes Python environments, once');
      const limits = { env, timeoutMs: INSTALL_MS, signal };
      const made = await runProgram(python.path, ['-m', 'venv', target], limits);
      if (made.exitCode !== 0) throw withoutVenv(python.path, made.output);
      const pip = ['-m', 'pip', 'install', '--quiet', '--no-compile', '--disable-pip-version-check'];
      const installed = await runProgram(
        join(target, 'bin', 'python'),
        [...pip, '--require-hashes', '--requirement', REQUIREMENTS],
        { ...limits, env: { ...env, PYTHONDONTWRITEBYTECODE: '1' } },
      );
      if (installed.exitCode !== 0) throw notFetched(installed.output);
    },
    { check: 'sizes' },
  );
  return join(folder, 'bin', 'uv');
}

function withoutVenv(python: string, output: string): Failure {
  return new Failure(`${python} cannot make a virtual environment: ${output.trim().slice(-1000)}`, {
    code: 'convert/python',
    exit: EXIT.usage,
    mend: 'Install its venv module (on Debian and Ubuntu: apt install python3-venv).',
  });
}

function notFetched(output: string): Failure {
  return new Failure(`uv cannot be fetched: ${output.trim().slice(-1000)}`, {
    code: 'convert/environment',
    exit: EXIT.system,
    mend: 'Check the way to the Python package index: pip takes it from its own configuration and from PIP_INDEX_URL.',
  });
}
