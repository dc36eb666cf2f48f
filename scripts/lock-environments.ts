import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * lock-environments UV [NAME…]: resolves the packages of each environment (`src/convert/environments/NAME.in`) into a list with hashes
 * for every platform (`NAME.txt`). UV is the program, of the version that `uv.in` names.
 */
const FOLDER = fileURLToPath(new URL('../src/convert/environments/', import.meta.url));
/** The oldest Python that is served. */
const PYTHON = '3.11';
const FLAGS = ['--quiet', '--no-config', '--universal', '--generate-hashes', '--no-annotate', '--no-header'];

const [uv = 'uv', ...wanted] = process.argv.slice(2);
for (const file of readdirSync(FOLDER).filter((name) => name.endsWith('.in'))) {
  const name = file.slice(0, -'.in'.length);
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const command = ['pip', 'compile', ...FLAGS, '--python-version', PYTHON, file, '--output-file', `${name}.txt`];
  const { status } = spawnSync(uv, command, { cwd: FOLDER, stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) throw new Error(`${file} cannot be resolved`);
}
