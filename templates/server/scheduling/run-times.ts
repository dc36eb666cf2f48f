import { SizeTrials, type Verdict } from './size-trials.ts';

/** A larger run is preferred by estimates where it is so much better by the row: they are of single runs, at different times. */
const WORTH = 0.96;

/** A run of one job's rows may be worse than others by as much as cutting the job and joining the pieces costs a tiny model. */
const WORTH_WHOLE = 0.9;

/** What a run may take beyond the time that smaller ones let expect, before it is taken for disturbed. */
const DISTURBED = 1.5;

/**
 * How fast a slower measurement moves the estimate; a faster one replaces it, since noise only ever adds. Where others keep the processor
 * for most of the time, one run in some twenty is undisturbed: the others together must not make a run look too long.
 */
const DRIFT = 0.01;

/** Verdicts that have to agree before much is changed for them. */
const SURE_VERDICTS = 3;

/**
 * How long runs take by their number of rows, as measured: so that batches grow where that saves time by the row (weights are
 * read once for all rows), and stay small where it only makes rows wait for each other.
 */
export class RunTimes {
  /** Estimate for each power of two, by its exponent. */
  readonly #milliseconds: (number | undefined)[] = [];
  readonly #largest: number;
  #preferred: number;
  /** Rows of a full run, as last told. */
  #full = 0;
  #longestMs = Number.POSITIVE_INFINITY;
  readonly #trials = new SizeTrials();
  /** Whether trials have settled what is preferred: estimates of one time are not held against those of another any more. */
  #isTried = false;
  /** Verdicts one after another that longer runs would save time, but be too long. */
  #tooLong = 0;

  constructor(largest: number, known?: RunTimes) {
    this.#largest = largest;
    this.#preferred = largest;
    if (known) this.#milliseconds.push(...known.#milliseconds);
    this.#settle();
  }

  note(rows: number, milliseconds: number): void {
    this.#estimate(rows, milliseconds);
    const verdict = this.#trials.note(rows, milliseconds / rows);
    if (verdict !== undefined) this.#follow(verdict);
  }

  /** Rows of a run that are the least time by the row, or the next larger ones that have not been tried. */
  get preferredRows(): number {
    return this.#preferred;
  }

  /**
   * Rows of the next run, if there are as many: those that are preferred, as far as runs are then not known to take longer than so long, and
   * have no more than `most`.
   */
  rowsWithin(longestMs: number, most = this.#largest): number {
    let rows = Math.min(this.#preferred, most);
    while (rows > 1 && (this.leastMs(rows) ?? 0) > longestMs) rows = Math.floor(rows / 2);
    this.#full = rows;
    this.#longestMs = longestMs;
    return this.#trials.next(rows, most);
  }

  /** Whether a run of all rows of a job, up to twice as many as were last told, takes about as much time for each, and not too long. */
  isGoodWhole(rows: number): boolean {
    const [fullMs, wholeMs] = [this.expectedMs(this.#full), this.expectedMs(rows)];
    if (fullMs === undefined || wholeMs === undefined || rows > 2 * this.#full || wholeMs > this.#longestMs)
      return false;
    return (wholeMs / rows) * WORTH_WHOLE <= fullMs / this.#full;
  }

  /** Whether there are rows enough for runs that save time by the row, which are not made because they would take too long. */
  get isHeldBack(): boolean {
    return this.#tooLong >= SURE_VERDICTS;
  }

  /** What a run of so many rows will take; `undefined` before any was measured. */
  expectedMs(rows: number): number | undefined {
    const below = 2 ** Math.floor(Math.log2(Math.max(1, rows)));
    const [less, more] = [this.leastMs(below), this.leastMs(rows)];
    return less === undefined || more === undefined ? more : less + (rows / below - 1) * (more - less);
  }

  /**
   * What a run of so many rows takes at the least: where it has not been tried, what the next smaller one takes, since weights are read
   * once for all rows. Else a model whose single rows take more than half of what a run may would never be tried with two. `undefined` before any was measured.
   */
  leastMs(rows: number): number | undefined {
    const exponent = Math.ceil(Math.log2(Math.max(1, rows)));
    for (let smaller = exponent; smaller >= 0; smaller--) {
      const milliseconds = this.#milliseconds[smaller];
      if (milliseconds !== undefined) return milliseconds;
    }
    return undefined;
  }

  /** Estimates by rows, for those who look in. */
  get measured(): Readonly<Record<number, number>> {
    return Object.fromEntries(
      this.#milliseconds.flatMap((milliseconds, exponent) =>
        milliseconds === undefined ? [] : [[2 ** exponent, milliseconds]],
      ),
    );
  }

  /** Twice the rows take twice as long at the most: larger runs that took far longer were disturbed, and are tried anew. */
  #forgetDisturbed(exponent: number, milliseconds: number): boolean {
    let hasForgotten = false;
    for (let larger = exponent + 1; larger < this.#milliseconds.length; larger++) {
      const known = this.#milliseconds[larger];
      if (known !== undefined && known > DISTURBED * milliseconds * 2 ** (larger - exponent)) {
        this.#milliseconds[larger] = undefined;
        hasForgotten = true;
      }
    }
    return hasForgotten;
  }

  #estimate(rows: number, milliseconds: number): void {
    const exponent = Math.ceil(Math.log2(Math.max(1, rows)));
    // What a run of the next power of two would have taken.
    const scaled = milliseconds * (2 ** exponent / Math.max(1, rows));
    const known = this.#milliseconds[exponent];
    if (known !== undefined && rows !== 2 ** exponent && scaled > known) return;
    if (known !== undefined && scaled >= known) {
      this.#milliseconds[exponent] = known + DRIFT * (scaled - known);
      return;
    }
    this.#milliseconds[exponent] = scaled;
    const hasForgotten = this.#forgetDisturbed(exponent, scaled);
    if (!this.#isTried && (known === undefined || hasForgotten)) this.#settle();
  }

  /** Goes over to what trials have decided for. */
  #follow(verdict: NonNullable<Verdict>): void {
    const full = this.#full;
    const larger = Math.min(2 * full, this.#largest);
    const isTooLong = verdict === 'larger' && (this.expectedMs(larger) ?? 0) > this.#longestMs;
    this.#tooLong = isTooLong ? this.#tooLong + 1 : 0;
    if (isTooLong) return;
    this.#isTried = true;
    this.#preferred = verdict === 'larger' ? larger : verdict === 'smaller' ? Math.floor(full / 2) : full;
  }

  #settle(): void {
    const measured = this.#milliseconds.flatMap((milliseconds, exponent) =>
      milliseconds === undefined ? [] : [{ rows: 2 ** exponent, perRow: milliseconds / 2 ** exponent }],
    );
    const best = Math.min(...measured.map(({ perRow }) => perRow));
    const chosen = measured.find(({ perRow }) => perRow * WORTH <= best);
    if (chosen === undefined) return;
    // Where the largest that was tried is the best, a larger one may be better still.
    const isLast = chosen === measured[measured.length - 1];
    this.#preferred = Math.max(1, Math.min(isLast ? 2 * chosen.rows : chosen.rows, this.#largest));
  }
}
