/** Room at first; it doubles as ids come in. */
const FIRST_IDS = 16;

/** The ids that were added last, as many as are kept: in four bytes each, for a client can fill this on every connection. */
export class RecentIds {
  readonly #most: number;
  #ids = new Uint32Array(0);
  #next = 0;

  /** `most` is how many are kept. */
  constructor(most: number) {
    this.#most = most;
  }

  has(id: number): boolean {
    return this.#ids.includes(id);
  }

  /** Takes an id, which is not 0, in place of the oldest where there are so many. */
  add(id: number): void {
    if (this.#next === this.#most) this.#next = 0;
    else if (this.#next === this.#ids.length) this.#grow();
    this.#ids[this.#next++] = id;
  }

  delete(id: number): void {
    const place = this.#ids.indexOf(id);
    if (place >= 0) this.#ids[place] = 0;
  }

  #grow(): void {
    const larger = new Uint32Array(Math.min(this.#most, Math.max(FIRST_IDS, 2 * this.#ids.length)));
    larger.set(this.#ids);
    this.#ids = larger;
  }
}
