/**
 * A larger run has to be better than this, by the row, to be worth what it makes the first of its rows wait. Where rows enough for it wait, the
 * server is at its limit, and what each row saves all of them wait less: so this is little more than tells a gain from noise.
 */
const WORTH = 0.98;

/**
 * Full runs between two trials at first; twice as many once nothing has changed, up to the most: where another size brings nothing, what
 * trying it costs is lost among so many.
 */
const FIRST_PAUSE = 8;
const LONGEST_PAUSE = 64;

/** Pairs whose median decides: nearly half of them may have been disturbed. */
const PAIRS = 7;

/**
 * `larger`: twice the rows save time by the row. `not-larger`: they do not. `smaller`: half the rows take no more of it. `undefined`: nothing
 * is decided.
 */
export type Verdict = 'larger' | 'not-larger' | 'smaller' | undefined;

/**
 * Runs of twice and of half the rows, tried now and then between full ones. Each is held against the full run right before it, since what
 * was measured at another time, when the machine was busier or less so, says little about which size is better.
 */
export class SizeTrials {
  /** Rows of a full run. */
  #full = 0;
  #fullPerRow = Number.NaN;
  #runs = 0;
  #pause = FIRST_PAUSE;
  #isLargerNext = true;
  #larger: number[] = [];
  #smaller: number[] = [];

  /** Rows that the next run should have, of at most `largest`, where one of `full` rows is due. */
  next(full: number, largest: number): number {
    if (full !== this.#full) this.#begin(full);
    if (this.#runs < this.#pause) return full;
    const [smaller, larger] = [Math.floor(full / 2), Math.min(2 * full, largest)];
    return smaller === 0 || (this.#isLargerNext && larger > full) ? larger : smaller;
  }

  /** Takes the milliseconds by the row of a run of so many rows; gives what it decides. */
  note(rows: number, perRow: number): Verdict {
    if (this.#full === 0) return undefined;
    const isDue = this.#runs >= this.#pause;
    const isLarger = rows > this.#full;
    // A large job may be run whole, in more rows than a full run has.
    if (rows === this.#full || (isLarger && !isDue)) {
      // There were not rows enough for more.
      if (isDue) this.#isLargerNext = !this.#isLargerNext;
      this.#fullPerRow = perRow;
      this.#runs++;
      return undefined;
    }
    if (!isDue || !(isLarger || rows === Math.floor(this.#full / 2))) return undefined;
    this.#runs = 0;
    this.#isLargerNext = !isLarger;
    const ratios = isLarger ? this.#larger : this.#smaller;
    ratios.push(perRow / this.#fullPerRow);
    if (ratios.length < PAIRS) return undefined;
    const ratio = median(ratios);
    ratios.shift();
    this.#pause = Math.min(2 * this.#pause, LONGEST_PAUSE);
    if (isLarger ? ratio <= WORTH : ratio * WORTH < 1) return isLarger ? 'larger' : 'smaller';
    return isLarger ? 'not-larger' : undefined;
  }

  #begin(full: number): void {
    this.#full = full;
    this.#fullPerRow = Number.NaN;
    this.#runs = 0;
    this.#pause = FIRST_PAUSE;
    this.#larger = [];
    this.#smaller = [];
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
