import { Command, CommanderError } from 'commander';
import { EXIT } from '../nouns/failure.ts';
import { TOOL } from '../nouns/tool.ts';
import type { CommandSpec, Door, Flags } from './command.ts';
import { progressOn } from './progress.ts';
import { renderFailure } from './render-failure.ts';
import { thisMachine } from './this-machine.ts';

export interface CommandLineOptions {
  /** The command that is named, or all of them for the list. */
  readonly specs: readonly CommandSpec[];
  /** Raised when the user interrupts. */
  readonly signal: AbortSignal;
}

/** Runs the command that the arguments name, and gives its exit code; what went wrong is on standard error. */
export async function runCommandLine(argv: readonly string[], { specs, signal }: CommandLineOptions): Promise<number> {
  let exit: number = EXIT.passed;
  const program = new Command(TOOL.name)
    .description(TOOL.description)
    .version(TOOL.version)
    .exitOverride()
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError('(--help shows what there is)');
  const door = doorOf(signal);
  for (const spec of specs) {
    add(program, spec, async (path, flags) => {
      exit = await spec.run(path, flags, door);
    });
  }
  try {
    await program.parseAsync([...argv]);
    return exit;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.passed : EXIT.usage;
    if (signal.aborted) return EXIT.interrupted;
    const { text, exit: code } = renderFailure(error, { verbose: process.env.PLIMSOLL_DEBUG !== undefined });
    process.stderr.write(text);
    return code;
  }
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

function doorOf(signal: AbortSignal): Door {
  return {
    machine: thisMachine(),
    progress: progressOn(process.stderr),
    print: (line) => process.stdout.write(`${line}\n`),
    tell: (line) => process.stderr.write(`${line}\n`),
    colour: process.stderr.isTTY === true && process.env.NO_COLOR === undefined,
    signal,
    ...(process.stdout.isTTY && { columns: process.stdout.columns }),
  };
}
