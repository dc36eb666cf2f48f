import { EXIT, Failure } from '../nouns/failure.ts';
import { nearest } from '../nouns/nearest.ts';
import type { Flags, OptionSpec } from './command.ts';

/** For commands whose result is for people or for machines. */
export const FORMATS = ['text', 'json'] as const;
export const FORMAT_OPTION: OptionSpec = {
  flags: '--format <format>',
  description: 'how the result is written (default: text)',
  choices: FORMATS,
};

/**
 * The value of a flag that takes one of a few words; the first of them where it is not given.
 * @throws Failure `usage/choice`.
 */
export function choiceOf<T extends string>(flags: Flags, name: string, choices: readonly [T, ...(readonly T[])]): T {
  const given = flags[name];
  if (given === undefined) return choices[0];
  const chosen = choices.find((choice) => choice === given);
  if (chosen !== undefined) return chosen;
  const flag = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  const near = nearest(String(given), choices);
  throw new Failure(`${flag} is ${JSON.stringify(given)}; wanted ${choices.join(' or ')}`, {
    code: 'usage/choice',
    exit: EXIT.usage,
    mend: `${near === undefined ? '' : `Did you mean ${near}? `}Give ${flag} one of these words, or leave it out.`,
  });
}
