import { join } from 'node:path';

/** What the environment settles. */
export interface Options {
  /** File of the plan. */
  readonly plan: string;
  readonly port: number;
  /** Address to listen on; `undefined` for all of this machine's, IPv6 included where there is any. */
  readonly host: string | undefined;
  /** How long accepted requests may take after a signal to stop. */
  readonly graceSeconds: number;
}

/** A setting that does not make sense; the start stops with this message. */
export class OptionError extends Error {}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the settings from the environment.
 *
 * | variable | meaning | default |
 * |---|---|---|
 * | `PLIMSOLL_PLAN` | file of the plan | `model/plan.json` beside the server |
 * | `PLIMSOLL_HTTP_PORT` | port for HTTP; 0 for any free one | 8080 |
 * | `PLIMSOLL_HOST` | address to listen on | all |
 * | `PLIMSOLL_GRACE_SECONDS` | time for accepted requests after a signal to stop | 25 |
 *
 * @throws OptionError that names the variable, the value and what was wanted
 */
export function readOptions(environment: Environment, folder: string): Options {
  return {
    plan: text(environment, 'PLIMSOLL_PLAN') ?? join(folder, 'model', 'plan.json'),
    port: wholeNumber(environment, 'PLIMSOLL_HTTP_PORT', { fallback: 8080, largest: 65535 }),
    host: text(environment, 'PLIMSOLL_HOST'),
    // The longest wait that any orchestrator is set to grant, with room to spare.
    graceSeconds: wholeNumber(environment, 'PLIMSOLL_GRACE_SECONDS', { fallback: 25, largest: 86_400 }),
  };
}

function text(environment: Environment, name: string): string | undefined {
  const value = environment[name];
  if (value === '') throw new OptionError(`${name} is set but empty; leave it unset for the default`);
  return value;
}

function wholeNumber(environment: Environment, name: string, facts: { fallback: number; largest: number }): number {
  const value = text(environment, name);
  if (value === undefined) return facts.fallback;
  if (!/^\d{1,9}$/.test(value) || Number(value) > facts.largest) {
    throw new OptionError(`${name} is "${value}"; wanted a whole number from 0 to ${facts.largest}`);
  }
  return Number(value);
}
