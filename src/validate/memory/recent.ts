/**
 * What was lately worked out of a value, which nobody changes: several questions about one model are answered from the same work.
 * Holds no more than `most` results for each value, and none once the value is gone.
 */
export class Recent<Subject extends object, Result, Key = string> {
  readonly #most: number;
  readonly #results = new WeakMap<Subject, Map<Key, Result>>();

  constructor(most: number) {
    this.#most = most;
  }

  /** The result of `make`, or of an earlier one for the same value and key. What throws is tried again. */
  of(subject: Subject, key: Key, make: () => Result): Result {
    const results = this.#results.get(subject) ?? new Map<Key, Result>();
    const known = results.get(key);
    const result = known ?? make();
    // The longest unused comes first in the map, and goes first.
    results.delete(key);
    results.set(key, result);
    for (const oldest of results.keys()) {
      if (results.size <= this.#most) break;
      results.delete(oldest);
    }
    this.#results.set(subject, results);
    return result;
  }
}
