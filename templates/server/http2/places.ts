/** Places for streams that all connections share. */
export class Places {
  #free: number;

  constructor(count: number) {
    this.#free = count;
  }

  /** Takes one; false where there is none. */
  take(): boolean {
    if (this.#free === 0) return false;
    this.#free--;
    return true;
  }

  give(count: number): void {
    this.#free += count;
  }
}
