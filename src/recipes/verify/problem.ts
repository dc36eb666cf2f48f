import type { Answer } from '../../verify/answer.ts';
import type { Tensors } from '../../verify/rows.ts';
import type { Way } from './wire/way.ts';

/** Something that a check has seen and that nobody owns yet. */
export interface Problem {
  /** The check that saw it. */
  readonly check: string;
  /** Stable identifier of what it is. */
  readonly what:
    | 'no-answer'
    | 'wrong-answer'
    | 'differs-from-itself'
    | 'odd-shape'
    | 'differs-between-processors'
    | 'silent-on-processor';
  readonly caseName: string;
  readonly output: string | null;
  readonly message: string;
  readonly request: Tensors;
  readonly way: Way;
  readonly answer: Answer;
  /** What would have been right: the case's answer, or the image's own at another time. */
  readonly wanted: Tensors | null;
  /** How many requests at once it takes to see it. */
  readonly requests: number;
  /** Whether it shows with so many requests at once. */
  readonly showsAt?: ((requests: number) => Promise<boolean>) | undefined;
  /** Whether the same shows with these rows alone. */
  readonly fails: ((rows: readonly number[]) => Promise<boolean>) | null;
  /** Rows that it shows in. */
  readonly rows: readonly number[];
  /** Asks the same once more. */
  readonly askAgain?: () => Promise<Answer>;
  /** Whether another answer, to these rows alone or to all, is what is wanted; `null` where nothing was. */
  readonly isRight: ((outputs: Tensors, rows: readonly number[] | null) => boolean) | null;
  /** How the model itself is found to be at fault for differing: the same request twice, or a row in its batch and alone. */
  readonly outside: 'twice' | { readonly batch: Tensors; readonly row: number } | null;
  /** For tolerances that some rows may miss: rows compared, and the share that may. */
  readonly share: { readonly compared: number; readonly allowed: number } | null;
}

export interface CheckResult {
  readonly name: string;
  readonly count: number;
  readonly note: string;
  readonly problems: readonly Problem[];
  /** Not run, and why. */
  readonly skipped?: string;
}
