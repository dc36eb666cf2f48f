import type { OutputSelection, Tensors } from '../tensor.ts';

/** What became of a run. */
export type Outcome =
  | { readonly ok: true; readonly outputs: Tensors; readonly milliseconds: number }
  | { readonly ok: false; readonly error: unknown };

/** Something that runs the model: on this thread, or on others. */
export interface Runner {
  /** How many runs can begin now. */
  readonly free: number;
  /**
   * Runs the model; tells the outcome before it returns where it runs on this thread, later otherwise.
   *
   * @param parts how many shorter runs this one could be instead
   */
  run(inputs: Tensors, outputs: OutputSelection, done: (outcome: Outcome) => void, parts: number): void;
}
