import { closeSync, openSync, readFileSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { type CgroupVersion, FILE_PAGE_FIELDS, GROUP_FILES, type GroupFiles } from './group-files.ts';

/** A number of the kernel has at most 20 digits. */
const LONGEST_NUMBER = 32;

/** Kernels before 5.19 keep no peak on version 2; then it is the most that was seen, looked at this often. */
const SAMPLING_MS = 5;

/** What the kernel counts in a memory cgroup. The files are read anew each time; closing lets go of them. */
export class MemoryGroup {
  readonly version: CgroupVersion;
  readonly folder: string;
  readonly #files: GroupFiles;
  readonly #peak: number | undefined;
  #sampler: NodeJS.Timeout | undefined;
  #seen = 0;

  constructor(folder: string, version: CgroupVersion) {
    this.folder = folder;
    this.version = version;
    this.#files = GROUP_FILES[version];
    this.#peak = open(join(folder, this.#files.peak));
    if (this.#peak === undefined) {
      this.#sampler = setInterval(() => this.#sample(), SAMPLING_MS);
      this.#sampler.unref();
      this.#sample();
    }
  }

  get currentBytes(): number {
    return Number(readFileSync(join(this.folder, this.#files.current), 'utf8'));
  }

  /** Whether the kernel does; a peak that was looked for from time to time may have been higher between. */
  get keepsPeak(): boolean {
    return this.#peak !== undefined;
  }

  /** The most that was charged since the group was made, or since it was told to count anew. */
  get peakBytes(): number {
    if (this.#peak === undefined) {
      this.#sample();
      return this.#seen;
    }
    const buffer = Buffer.alloc(LONGEST_NUMBER);
    return Number(buffer.toString('latin1', 0, readSync(this.#peak, buffer, 0, LONGEST_NUMBER, 0)));
  }

  /** Begins to count the peak anew; false where the kernel cannot (version 2 before Linux 6.12, or without the right to). */
  countAnew(): boolean {
    if (this.#peak === undefined) {
      this.#seen = 0;
      this.#sample();
      return true;
    }
    try {
      writeSync(this.#peak, this.#files.reset, 0);
      return true;
    } catch {
      return false;
    }
  }

  /** Of pages of files that the group is charged with and that can be taken back. */
  get fileBytes(): number {
    const text = readFileSync(join(this.folder, this.#files.statistics), 'utf8');
    return FILE_PAGE_FIELDS.reduce((sum, field) => sum + (fieldOf(text, field) ?? 0), 0);
  }

  /** Processes of the group that were killed for memory. */
  get kills(): number {
    const { file, field } = this.#files.kills;
    return fieldOf(readFileSync(join(this.folder, file), 'utf8'), field) ?? 0;
  }

  close(): void {
    clearInterval(this.#sampler);
    if (this.#peak !== undefined) closeSync(this.#peak);
  }

  #sample(): void {
    try {
      this.#seen = Math.max(this.#seen, this.currentBytes);
    } catch {
      // The group is gone; what was seen stands.
    }
  }
}

/** For writing where that is allowed, since only then the peak can be counted anew; `undefined` where there is no such file. */
function open(path: string): number | undefined {
  for (const flags of ['r+', 'r']) {
    try {
      return openSync(path, flags);
    } catch {
      // Looked for in the next way, and then given up.
    }
  }
  return undefined;
}

function fieldOf(text: string, field: string): number | undefined {
  for (const line of text.split('\n')) {
    const [name, value] = line.split(' ');
    if (name === field && value !== undefined) return Number(value);
  }
  return undefined;
}
