import { Command, CommanderError } from 'commander';
import { EXIT } from '../nouns/failure.ts';
import { TOOL } from '../nouns/tool.ts';
import type { CommandSpec, Door, Flags, OptionSpec } from './command.ts';
import { openDoor } from './door.ts';
import { GLOBAL_OPTIONS, type Globals, readGlobals } from './global-options.ts';
import { renderFailure } from './render-failure.ts';
import { usageFailure } from './usage-failure.ts';

export interface CommandLineOptions {
  /** The command that is named, or all of them for the list. */
  readonly specs: readonly CommandSpec[];
  /** Raised when the user interrupts. */
  readonly signal: AbortSignal;
}

/** Runs the command that the arguments name, and gives its exit code; what went wrong is on standard error. */
export async function runCommandLine(argv: readonly string[], { specs, signal }: CommandLineOptions): Promise<number> {
  const globals = readGlobals(argv.slice(2));
  const door = openDoor(globals, signal);
  let exit: number = EXIT.passed;
  const program = programOf();
  for (const spec of specs) {
    add(program, spec, async (path, flags) => {
      exit = await spec.run(path, withFormat(flags, spec, globals), door);
    });
  }
  try {
    await program.parseAsync([...argv]);
    return exit;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.passed;
    // Without a command the help was shown, which says all that there is to say.
    if (error instanceof CommanderError && error.code === 'commander.help') return EXIT.usage;
    if (signal.aborted) return EXIT.interrupted;
    return tellFailure(error instanceof CommanderError ? usageFailure(error, argv.slice(2), specs) : error, door);
  }
}

/** A column of descriptions that is narrower than this is not broken into lines: enough for the longest option on 60 columns. */
const NARROWEST_HELP = 24;

function programOf(): Command {
  const program = new Command(TOOL.name)
    .description(TOOL.description)
    .version(TOOL.version)
    .exitOverride()
    .configureHelp({ showGlobalOptions: true, minWidthToWrap: NARROWEST_HELP })
    .configureOutput({ outputError: () => {} })
    .addHelpText('after', `\nStart with: ${TOOL.name} init model.onnx, then ${TOOL.name} package`);
  for (const { flags, description } of GLOBAL_OPTIONS) program.option(flags, description);
  return program;
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
  for (const option of spec.options) {
    const description = describeOption(option);
    if (option.repeatable)
      command.option(option.flags, description, (value: string, all: readonly string[] = []) => [...all, value]);
    else command.option(option.flags, description);
  }
  if (secondArgument === undefined) command.action(run);
  else {
    command.argument(`<${secondArgument.name}>`, secondArgument.description);
    command.action((path: string, second: string, flags: Flags) =>
      run(path, { ...flags, [secondArgument.name]: second }),
    );
  }
}

/** With the words that it takes. */
export function describeOption({ description, choices }: OptionSpec): string {
  return choices === undefined ? description : `${description}: ${choices.join(', ')}`;
}

/** `--json` asks for results as JSON where a command has them. */
function withFormat(flags: Flags, { options }: CommandSpec, { json }: Globals): Flags {
  const hasFormat = options.some(
    ({ choices, flags: text }) => text.startsWith('--format') && choices?.includes('json'),
  );
  return json && hasFormat && flags.format === undefined ? { ...flags, format: 'json' } : flags;
}

function tellFailure(error: unknown, { alert, json, verbose, errorColumns }: Door): number {
  const { text, value, exit } = renderFailure(error, { verbose, columns: errorColumns });
  alert(json ? JSON.stringify(value) : text.trimEnd());
  return exit;
}
