/** How long work tells what it is doing, without knowing whether anybody watches. */
export interface Progress {
  /** Begins a step, for instance `fetch libc6`. Steps may overlap. */
  step(title: string): Step;
  /** One line that stands by itself, for instance what a run reused. */
  note(line: string): void;
}

export interface Step {
  /** Bytes expected in all, once known. */
  total(bytes: number): void;
  /** Bytes done since the last call. */
  advance(bytes: number): void;
  /** Ends the step; `detail` says how it came out, for instance `reused` or `68.1 MiB`. */
  done(detail?: string): void;
}

/** For callers of the library who do not watch. */
export const SILENT: Progress = {
  step: () => ({ total: () => {}, advance: () => {}, done: () => {} }),
  note: () => {},
};
