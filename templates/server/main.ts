import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkHealth } from './health-check.ts';
import { logProblem } from './log.ts';
import { OptionError } from './option-error.ts';
import { readOptions } from './options.ts';
import { startServer } from './start.ts';

/** The default for what stands beside the server: the plan, and the runtime in node_modules. */
const folder = dirname(fileURLToPath(import.meta.url));

try {
  const options = readOptions(process.env, folder);
  if (process.argv[2] === '--health') process.exitCode = (await checkHealth(options)) ? 0 : 1;
  else await startServer({ ...options, plan: resolve(options.plan) });
} catch (error) {
  logProblem(error instanceof Error ? error.message : String(error));
  process.exit(error instanceof OptionError ? 2 : 1);
}
