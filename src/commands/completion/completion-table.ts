import type { CommandSpec, OptionSpec } from '../command.ts';
import { GLOBAL_OPTIONS } from '../global-options.ts';

/** What may stand where a value is wanted: one of some words, a file, a folder, or what no shell can know. */
export type Values = readonly string[] | 'file' | 'folder' | 'any';

export interface CompletedFlag {
  /** The long one first: `--output`, `-o`. */
  readonly names: readonly [string, ...string[]];
  readonly description: string;
  /** `undefined` where it takes none. */
  readonly values: Values | undefined;
  /** Whether a value may be left out. */
  readonly isOptional: boolean;
  readonly isRepeatable: boolean;
}

export interface CompletedCommand {
  readonly name: string;
  readonly summary: string;
  readonly flags: readonly CompletedFlag[];
  readonly argument: Values;
}

export interface CompletionTable {
  readonly commands: readonly CompletedCommand[];
  /** Of every command, and of none. */
  readonly flags: readonly CompletedFlag[];
}

const HELP: OptionSpec = { flags: '-h, --help', description: 'show what there is, with examples' };
const VERSION: OptionSpec = { flags: '-V, --version', description: 'show the version' };

/** The commands and their flags as shells complete them. */
export function completionTable(specs: readonly CommandSpec[]): CompletionTable {
  const shared = [...GLOBAL_OPTIONS, HELP].map(flagOf);
  return {
    flags: [...shared, flagOf(VERSION)],
    commands: specs.map(({ name, summary, argument, options }) => ({
      name,
      summary,
      flags: [...options.map(flagOf), ...shared],
      argument: argument.choices ?? 'file',
    })),
  };
}

function flagOf({ flags, description, choices, names, repeatable }: OptionSpec): CompletedFlag {
  const words = flags.match(/--?[A-Za-z][\w-]*/g) ?? [];
  const [first = '', ...others] = words.sort((a, b) => b.length - a.length);
  const takesValue = /[<[]/.test(flags);
  return {
    names: [first, ...others],
    description,
    values: takesValue ? (choices ?? names ?? 'any') : undefined,
    isOptional: flags.includes('['),
    isRepeatable: repeatable === true,
  };
}
