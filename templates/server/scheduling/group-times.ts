import { RunTimes } from './run-times.ts';

/** Groups of shapes whose run times are told apart; jobs of further ones go by the warm-up's. */
const MOST_GROUPS = 64;

/** How long runs take, for each group of jobs that can share them: longer texts take longer. */
export class GroupTimes {
  readonly #largest: number;
  readonly #warm: RunTimes;
  readonly #groups = new Map<string, RunTimes>();

  constructor(largest: number) {
    this.#largest = largest;
    this.#warm = new RunTimes(largest);
  }

  /** Takes the warm-up's milliseconds by rows. */
  start(times: Readonly<Record<number, number>>): void {
    for (const rows in times) this.#warm.note(Number(rows), times[rows] ?? 0);
  }

  of(group: string | null): RunTimes {
    if (group === null) return this.#warm;
    const known = this.#groups.get(group);
    if (known) return known;
    if (this.#groups.size >= MOST_GROUPS) return this.#warm;
    const made = new RunTimes(this.#largest, this.#warm);
    this.#groups.set(group, made);
    return made;
  }
}
