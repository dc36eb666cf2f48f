#!/usr/bin/env node
import { specsFor } from './commands/commands.ts';
import { keepCompiledCode } from './commands/keep-compiled-code.ts';
import { EXIT } from './nouns/failure.ts';

await keepCompiledCode();

const interrupt = new AbortController();
let interrupts = 0;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    interrupts += 1;
    interrupt.abort();
    // Work that is under way gives up by the signal; one that cannot is ended by the second, and cleans up at the next run.
    if (interrupts > 1) process.exit(EXIT.interrupted);
  });
}

for (const stream of [process.stdout, process.stderr]) {
  // A reader that has seen enough, such as head, is no failure of ours; the work and its exit code stand.
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

/** Loaded after compiled code is kept, so that this and all that it needs is among it. */
const { runCommandLine } = await import('./commands/run-command-line.ts');
process.exitCode = await runCommandLine(process.argv, {
  specs: await specsFor(process.argv[2]),
  signal: interrupt.signal,
});
