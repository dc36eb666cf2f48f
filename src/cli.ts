#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import type { CommandSpec, Door, Flags } from './commands/command.ts';
import { progressOn } from './commands/progress.ts';
import { renderFailure } from './commands/render-failure.ts';
import { thisMachine } from './commands/this-machine.ts';
import { EXIT } from './nouns/failure.ts';
import { TOOL } from './nouns/tool.ts';

/** Each is loaded only when it is named, or for the list of them all: what a command needs may take a while to load. */
const COMMANDS: Readonly<Record<string, () => Promise<CommandSpec>>> = {
  diff: async () => (await import('./commands/diff.ts')).diffCommand,
  fix: async () => (await import('./commands/fix.ts')).fixCommand,
  inspect: async () => (await import('./commands/inspect.ts')).inspectCommand,
  lint: async () => (await import('./commands/lint.ts')).lintCommand,
  package: async () => (await import('./commands/package.ts')).packageCommand,
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

process.exitCode = await main(process.argv);

async function main(argv: readonly string[]): Promise<number> {
  let exit: number = EXIT.passed;
  const program = new Command(TOOL.name)
    .description(TOOL.description)
    .version(TOOL.version)
    .exitOverride()
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError('(--help shows what there is)');
  const door = doorOf();
  for (const spec of await specsFor(argv[2])) {
    add(program, spec, async (path, flags) => {
      exit = await spec.run(path, flags, door);
    });
  }
  try {
    await program.parseAsync([...argv]);
    return exit;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.passed : EXIT.usage;
    if (interrupt.signal.aborted) return EXIT.interrupted;
    const { text, exit: code } = renderFailure(error, { verbose: process.env.PLIMSOLL_DEBUG !== undefined });
    process.stderr.write(text);
    return code;
  }
}

async function specsFor(name: string | undefined): Promise<readonly CommandSpec[]> {
  const named = name === undefined || !Object.hasOwn(COMMANDS, name) ? undefined : COMMANDS[name];
  return Promise.all((named ? [named] : Object.values(COMMANDS)).map((load) => load()));
}

function add(program: Command, spec: CommandSpec, run: (path: string, flags: Flags) => Promise<void>): void {
  const { argument, secondArgument } = spec;
  const command = program
    .command(spec.name)
    .summary(spec.summary)
    .description(spec.summary)
    .argument(
      argument.default === undefined ? `<${argument.name}>` : `[${argument.name}]`,
      argument.description,
      argument.default,
    )
    .addHelpText('after', `\nExamples:\n${spec.examples.map((example) => `  $ ${example}`).join('\n')}`);
  for (const { flags, description, repeatable } of spec.options) {
    if (repeatable) command.option(flags, description, (value: string, all: readonly string[] = []) => [...all, value]);
    else command.option(flags, description);
  }
  if (secondArgument === undefined) command.action(run);
  else {
    command.argument(`<${secondArgument.name}>`, secondArgument.description);
    command.action((path: string, second: string, flags: Flags) =>
      run(path, { ...flags, [secondArgument.name]: second }),
    );
  }
}

function doorOf(): Door {
  return {
    machine: thisMachine(),
    progress: progressOn(process.stderr),
    print: (line) => process.stdout.write(`${line}\n`),
    tell: (line) => process.stderr.write(`${line}\n`),
    colour: process.stderr.isTTY === true && process.env.NO_COLOR === undefined,
    signal: interrupt.signal,
    ...(process.stdout.isTTY && { columns: process.stdout.columns }),
  };
}
