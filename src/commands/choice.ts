import { EXIT, Failure } from '../nouns/failure.ts';
import type { Flags } from './command.ts';

/**
 * The value of a flag that takes one of a few words; the first of them where it is not given.
 * @throws Failure `usage/choice`.
 */
export function choiceOf<T extends string>(flags: Flags, name: string, choices: readonly [T, ...T[]]): T {
  const given = flags[name];
  if (given === undefined) return choices[0];
  const chosen = choices.find((choice) => choice === given);
  if (chosen !== undefined) return chosen;
  throw new Failure(`--${name} is ${JSON.stringify(given)}; wanted ${choices.join(' or ')}`, {
    code: 'usage/choice',
    exit: EXIT.usage,
    mend: `Give --${name} one of these words, or leave it out for ${choices[0]}.`,
  });
}
