import { join } from 'node:path';

/** What the environment settles, by the names of `SETTINGS`. */
export type Options = { readonly [Name in keyof typeof SETTINGS]: ReturnType<(typeof SETTINGS)[Name]['read']> };

/** A setting that does not make sense; the start stops with this message. */
export class OptionError extends Error {}

type Environment = Readonly<Record<string, string | undefined>>;

/** One environment variable. */
interface Setting<Value> {
  readonly variable: string;
  /** For the table in the documentation. */
  readonly meaning: string;
  /** The default in words. */
  readonly fallback: string;
  /** @throws OptionError that names the variable, the value and what was wanted */
  readonly read: (value: string | undefined, folder: string) => Value;
}

/** Every environment variable that the server reads; `docs/server.md` shows this table. */
export const SETTINGS = {
  plan: file('PLIMSOLL_PLAN', {
    meaning: 'file of the plan',
    fallback: '`model/plan.json` beside the server',
    otherwise: (folder) => join(folder, 'model', 'plan.json'),
  }),
  port: wholeNumber('PLIMSOLL_HTTP_PORT', {
    meaning: 'port for HTTP; 0 for any free one',
    fallback: 8080,
    largest: 65_535,
  }),
  host: text('PLIMSOLL_HOST', { meaning: 'address to listen on', fallback: "all of this machine's" }),
  graceSeconds: wholeNumber('PLIMSOLL_GRACE_SECONDS', {
    meaning: 'how long accepted requests may take after a signal to stop, in seconds',
    // The longest wait that any orchestrator is set to grant, with room to spare.
    fallback: 25,
    largest: 86_400,
  }),
};

/**
 * Reads the settings from the environment.
 *
 * @throws OptionError that names the variable, the value and what was wanted
 */
export function readOptions(environment: Environment, folder: string): Options {
  const entries = Object.entries(SETTINGS).map(([name, { variable, read }]) => {
    const value = environment[variable];
    if (value === '') throw new OptionError(`${variable} is set but empty; leave it unset for the default`);
    return [name, read(value, folder)];
  });
  return Object.fromEntries(entries) as Options;
}

interface TextFacts {
  readonly meaning: string;
  readonly fallback: string;
}

function text(variable: string, facts: TextFacts): Setting<string | undefined> {
  return { variable, ...facts, read: (value) => value };
}

interface FileFacts extends TextFacts {
  readonly otherwise: (folder: string) => string;
}

function file(variable: string, { otherwise, ...facts }: FileFacts): Setting<string> {
  return { variable, ...facts, read: (value, folder) => value ?? otherwise(folder) };
}

interface NumberFacts {
  readonly meaning: string;
  readonly fallback: number;
  readonly least?: number;
  readonly largest: number;
}

function wholeNumber(variable: string, { meaning, fallback, least = 0, largest }: NumberFacts): Setting<number> {
  return {
    variable,
    meaning,
    fallback: `${fallback}`,
    read: (value) => {
      if (value === undefined) return fallback;
      const number = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
      if (number >= least && number <= largest) return number;
      throw new OptionError(`${variable} is "${value}"; wanted a whole number from ${least} to ${largest}`);
    },
  };
}
