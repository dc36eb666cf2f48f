import { closeSync, openSync, readFileSync, readSync, writeSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type CgroupVersion, FILE_PAGE_FIELDS, GROUP_FILES, type GroupFiles } from './group-files.ts';

/** A number of the kernel has at most 20 digits. */
const LONGEST_NUMBER = 32;

/** What the kernel keeps no peak of is looked at this often: pages of files, and before Linux 5.19 the whole on version 2. */
const SAMPLING_MS = 5;

/** The kernel gathers its statistics from the processors once so many pages of each could be missing, and every two seconds (mm/memcontrol.c). */
const UNGATHERED_BYTES = 64 * 4096;
const GATHERED_MS = 2100;

/** Files of which less than this has gone since the peak do not change what it says. */
const LOST_FILE_BYTES = 2 ** 20;

/** What the kernel counts in a memory cgroup. The files are read anew each time; closing lets go of them. */
export class MemoryGroup {
  readonly version: CgroupVersion;
  readonly folder: string;
  readonly #files: GroupFiles;
  readonly #peak: number | undefined;
  readonly #sampler: NodeJS.Timeout;
  #most = NOTHING;

  constructor(folder: string, version: CgroupVersion) {
    this.folder = folder;
    this.version = version;
    this.#files = GROUP_FILES[version];
    this.#peak = open(join(folder, this.#files.peak));
    this.#sampler = setInterval(() => this.#sample(), SAMPLING_MS);
    this.#sampler.unref();
    this.#sample();
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
      return this.#most.bytes;
    }
    const buffer = Buffer.alloc(LONGEST_NUMBER);
    return Number(buffer.toString('latin1', 0, readSync(this.#peak, buffer, 0, LONGEST_NUMBER, 0)));
  }

  /**
   * The most that was charged beside pages of files. The kernel's peak is of both together, so what the group has of files now is
   * taken off; where more of them were seen, others on the machine have taken pages since, and the most that was seen beside them counts.
   */
  get unreclaimablePeakBytes(): number {
    const isLost = this.lostFileBytes > LOST_FILE_BYTES;
    return isLost ? this.#most.heldBytes : Math.max(0, this.peakBytes - this.fileBytes);
  }

  /** The most of files that was seen since counting began, less what there is of them now. */
  get lostFileBytes(): number {
    this.#sample();
    return this.#most.fileBytes - this.fileBytes;
  }

  /** Until the kernel has gathered its statistics, where those of many processors could be missing. */
  async gathered(processors: number = availableParallelism()): Promise<void> {
    if (processors * UNGATHERED_BYTES > 2 * LOST_FILE_BYTES) await sleep(GATHERED_MS);
  }

  /** Begins to count the peak anew; false where the kernel cannot (version 2 before Linux 6.12, or without the right to). */
  countAnew(): boolean {
    try {
      if (this.#peak !== undefined) writeSync(this.#peak, this.#files.reset, 0);
    } catch {
      return false;
    }
    this.#most = NOTHING;
    this.#sample();
    return true;
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
      const { currentBytes, fileBytes } = this;
      this.#most = {
        bytes: Math.max(this.#most.bytes, currentBytes),
        fileBytes: Math.max(this.#most.fileBytes, fileBytes),
        heldBytes: Math.max(this.#most.heldBytes, currentBytes - fileBytes),
      };
    } catch {
      // The group is gone; what was seen stands.
    }
  }
}

interface Sample {
  readonly bytes: number;
  readonly fileBytes: number;
  /** Beside pages of files. */
  readonly heldBytes: number;
}

const NOTHING: Sample = { bytes: 0, fileBytes: 0, heldBytes: 0 };

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
