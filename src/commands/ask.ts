import { EXIT, Failure } from '../nouns/failure.ts';
import type { Door } from './command.ts';

export interface Question<T> {
  /** Without its mark. */
  readonly question: string;
  /** What an empty answer stands for. */
  readonly usual: string;
  /** `undefined` for an answer that is none. */
  readonly read: (answer: string) => T | undefined;
  readonly wanted: string;
}

/** Whoever answers wrongly this often is no person. */
const TRIES = 5;

/** Asks whoever sits at the terminal until the answer is one. Throws a Failure `usage/answer` after several that are none. */
export async function ask<T>(door: Door, { question, usual, read, wanted }: Question<T>): Promise<T> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const answer = (await door.ask?.(`${question} [${usual}]? `))?.trim() || usual;
    const value = read(answer);
    if (value !== undefined) return value;
    door.tell(`wanted ${wanted}`);
  }
  throw new Failure(`${question}: no answer in ${TRIES} tries; wanted ${wanted}`, {
    code: 'usage/answer',
    exit: EXIT.usage,
    mend: 'Give it as a flag, or take what is proposed with --yes.',
  });
}
