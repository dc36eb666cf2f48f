/** A file that need not lie anywhere as one: its bytes are ranges of other files, and zeros between them. */
export interface GatheredFile {
  readonly bytes: number;
  readonly sources: readonly GatheredSource[];
  /** By `at`; none reaches into the next, or past the end. */
  readonly ranges: readonly GatheredRange[];
}

/** A file that ranges are taken from, as it was when they were chosen: one that has changed since gives other bytes. */
export interface GatheredSource {
  readonly path: string;
  readonly bytes: number;
  readonly inode: number;
  readonly modifiedMs: number;
}

export interface GatheredRange {
  /** Where it begins in the gathered file. */
  readonly at: number;
  /** Index of the source. */
  readonly source: number;
  /** Where it begins in the source. */
  readonly offset: number;
  readonly length: number;
}
