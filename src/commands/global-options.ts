import type { OptionSpec } from './command.ts';

/** What every command takes, before or after its name. */
export const GLOBAL_OPTIONS = [
  { flags: '-q, --quiet', description: 'tell nothing but what goes wrong' },
  { flags: '-v, --verbose', description: 'tell more: steps as they begin, what tools write, causes of failures' },
  { flags: '--json', description: 'for machines: results as JSON where a command has them, and errors, one a line' },
] as const satisfies readonly OptionSpec[];

export interface Globals {
  readonly quiet: boolean;
  readonly verbose: boolean;
  readonly json: boolean;
}

/** Read before the rest is, since also what is wrong with the rest is told in that way. */
export function readGlobals(argv: readonly string[]): Globals {
  const end = argv.indexOf('--');
  const flags = new Set(end === -1 ? argv : argv.slice(0, end));
  const has = (...names: readonly string[]) => names.some((name) => flags.has(name));
  return { quiet: has('-q', '--quiet'), verbose: has('-v', '--verbose'), json: has('--json') };
}
