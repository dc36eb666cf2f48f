/** One thing that a lock names and that has aged. */
export interface LockAge {
  /** Such as `libc6 2.41-12 (amd64)`. */
  readonly what: string;
  readonly kind: 'left-upstream' | 'end-of-life' | 'newer-security' | 'newer';
  readonly message: string;
  readonly mend: string;
}

/** How a lock stands to what upstream has now. */
export interface LockHealth {
  readonly ages: readonly LockAge[];
  /** What could not be looked at, and why: offline, or a server that does not answer. */
  readonly unknown: readonly string[];
}

/** Those that a person should act on; what is merely newer can wait. */
export function isGrave({ kind }: LockAge): boolean {
  return kind !== 'newer';
}
