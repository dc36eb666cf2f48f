#!/usr/bin/env node
import type { CommandSpec } from './commands/command.ts';
import { keepCompiledCode } from './commands/keep-compiled-code.ts';
import { EXIT } from './nouns/failure.ts';

await keepCompiledCode();

/** Each is loaded only when it is named, or for the list of them all: what a command needs may take a while to load. */
const COMMANDS: Readonly<Record<string, () => Promise<CommandSpec>>> = {
  cache: async () => (await import('./commands/cache.ts')).cacheCommand,
  convert: async () => (await import('./commands/convert.ts')).convertCommand,
  diff: async () => (await import('./commands/diff.ts')).diffCommand,
  dockerfile: async () => (await import('./commands/dockerfile.ts')).dockerfileCommand,
  doctor: async () => (await import('./commands/doctor.ts')).doctorCommand,
  fix: async () => (await import('./commands/fix.ts')).fixCommand,
  inspect: async () => (await import('./commands/inspect.ts')).inspectCommand,
  lint: async () => (await import('./commands/lint.ts')).lintCommand,
  lock: async () => (await import('./commands/lock.ts')).lockCommand,
  package: async () => (await import('./commands/package.ts')).packageCommand,
  rebuild: async () => (await import('./commands/rebuild.ts')).rebuildCommand,
  run: async () => (await import('./commands/run.ts')).runCommand,
};

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

async function specsFor(name: string | undefined): Promise<readonly CommandSpec[]> {
  const named = name === undefined || !Object.hasOwn(COMMANDS, name) ? undefined : COMMANDS[name];
  return Promise.all((named ? [named] : Object.values(COMMANDS)).map((load) => load()));
}
