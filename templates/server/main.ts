import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import { checkHealth } from './health-check.ts';
import { logProblem } from './log.ts';
import { OptionError, readOptions } from './options.ts';
import type { WorkerSetup } from './scheduling/worker-messages.ts';
import { startServer } from './start.ts';
import { serveAsWorker } from './worker-thread.ts';

/** The default for what stands beside the server: the plan, and the runtime in node_modules. */
const folder = dirname(fileURLToPath(import.meta.url));

// The threads that run a heavy model are started from this same file, so that the image has one.
if (parentPort === null) await main();
else serveAsWorker(parentPort, workerData as WorkerSetup);

async function main(): Promise<void> {
  try {
    const options = readOptions(process.env, folder);
    if (process.argv[2] === '--health') process.exitCode = (await checkHealth(options)) ? 0 : 1;
    else await startServer({ ...options, plan: resolve(options.plan) });
  } catch (error) {
    logProblem(error instanceof Error ? error.message : String(error));
    process.exit(error instanceof OptionError ? 2 : 1);
  }
}
