import type { ExitCode } from '../nouns/failure.ts';
import type { Machine } from '../nouns/machine.ts';
import type { Progress } from '../nouns/progress.ts';

/** What a command has of the outside: the machine, where it tells how it goes, and where its result goes. */
export interface Door {
  readonly machine: Machine;
  readonly progress: Progress;
  /** Standard output: the result and nothing else. */
  readonly print: (line: string) => void;
  /** Standard error: what a person wants to know beside it, unless asked to be quiet. */
  readonly tell: (line: string) => void;
  /** Standard error: what went wrong, also for those who want to hear nothing else. */
  readonly alert: (line: string) => void;
  /** Asks whoever sits at the terminal, and gives the answer; left out where nobody does. */
  readonly ask?: (question: string) => Promise<string>;
  /** Whether what tools write, and the causes of failures, are wanted. */
  readonly verbose: boolean;
  /** Whether a machine reads standard error: what is alerted is one JSON value a line. */
  readonly json: boolean;
  /** Whether standard error is a terminal that takes colours. */
  readonly colour: boolean;
  /** Raised when the user interrupts. */
  readonly signal: AbortSignal;
  /** Width of standard output, where it is a terminal. */
  readonly columns?: number;
  /** The same of standard error, to break the lines of errors at. */
  readonly errorColumns?: number;
}

export interface OptionSpec {
  /** As `--help` shows it, for instance `--output <sink>`. */
  readonly flags: string;
  readonly description: string;
  /** May be given more than once. */
  readonly repeatable?: true;
  /** The words that it takes, where those are all. */
  readonly choices?: readonly string[];
  /** What its value names, for shells that complete it. */
  readonly names?: 'file' | 'folder';
}

/** The values of a command's options by camel-case name, as they stand on the command line. */
export type Flags = Readonly<Record<string, string | boolean | readonly string[] | undefined>>;

/** A command of the command line, as data: adding one is one file and one line in `commands.ts`. */
export interface CommandSpec {
  readonly name: string;
  readonly summary: string;
  /** Has to be given where it has no default. */
  readonly argument: {
    readonly name: string;
    readonly description: string;
    readonly default?: string;
    /** The words that it takes, where those are all; else it names a file or folder. */
    readonly choices?: readonly string[];
  };
  /** For commands that hold one thing against another: has to be given, and arrives among the flags under its name. */
  readonly secondArgument?: { readonly name: string; readonly description: string };
  readonly options: readonly OptionSpec[];
  readonly examples: readonly string[];
  run(path: string, flags: Flags, door: Door): Promise<ExitCode>;
}
