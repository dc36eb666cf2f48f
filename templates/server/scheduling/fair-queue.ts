import type { Job } from '../job.ts';

/** A job that waits, or of which some rows have been run. */
export interface Pending {
  readonly job: Job;
  /** Jobs of one group can share a run; `null` for a job that runs by itself. */
  readonly group: string | null;
  /** Rows in all; 1 for a job that runs by itself. */
  readonly rows: number;
  /** Rows that have been handed out. */
  taken: number;
  /** On the clock of `performance.now()`. */
  readonly arrivedMs: number;
}

/** Some rows of a job, to be run together with others. */
export interface Part {
  readonly pending: Pending;
  readonly from: number;
  readonly to: number;
}

/** How large a run may be, for a group. */
export type LargestRun = (first: Pending) => number;

/** One connection's jobs of one priority, in the order of their arrival. */
interface Lane {
  readonly jobs: Pending[];
  /** Place of the first job that is still waiting; those before it are done with. */
  first: number;
  isActive: boolean;
}

interface Level {
  readonly priority: number;
  readonly lanes: WeakMap<object, Lane>;
  /** Lanes that have jobs; the one whose turn it is comes first. */
  active: Lane[];
}

/** Lanes that are looked at for one run where jobs of many shapes wait; more would cost more than a fuller run saves. */
const MOST_LANES = 256;

/** Done jobs at the front of a lane before it is packed together. */
const PACKED_AFTER = 64;

/**
 * Jobs by priority, and within one priority shared out among connections row by row: whoever sends thousands of rows gets as
 * many of them into a run as everybody else, and the rest of the run only where others leave room.
 */
export class FairQueue {
  readonly #levels: Level[] = [];
  #size = 0;

  /** Jobs of which rows wait. */
  get size(): number {
    return this.#size;
  }

  add(pending: Pending): void {
    const level = this.#level(pending.job.priority);
    let lane = level.lanes.get(pending.job.connection);
    if (lane === undefined) {
      lane = { jobs: [], first: 0, isActive: false };
      level.lanes.set(pending.job.connection, lane);
    }
    lane.jobs.push(pending);
    this.#size++;
    if (lane.isActive) return;
    lane.isActive = true;
    level.active.push(lane);
  }

  /** The job that is next in turn; `undefined` where none waits. */
  get next(): Pending | undefined {
    for (const { active } of this.#levels) {
      const lane = active[0];
      if (lane !== undefined) return lane.jobs[lane.first];
    }
    return undefined;
  }

  /** All jobs of which rows wait. */
  get all(): Pending[] {
    return this.#levels.flatMap(({ active }) => active.flatMap(({ jobs, first }) => jobs.slice(first)));
  }

  /** Rows that could share the next run, counted no further than `enough`. */
  rowsReady(enough: number): number {
    const level = this.#levels.find(({ active }) => active.length > 0);
    const group = this.next?.group;
    if (level === undefined || group === undefined || group === null) return enough;
    let rows = 0;
    for (const lane of level.active) {
      for (let place = lane.first; place < lane.jobs.length; place++) {
        const pending = lane.jobs[place];
        if (pending?.group !== group) break;
        rows += pending.rows - pending.taken;
        if (rows >= enough) return rows;
      }
    }
    return rows;
  }

  /**
   * Takes out the rows of the next run; nothing where nothing waits.
   *
   * @param largestWhole how large a run may be to keep a job in one piece
   */
  take(largestRun: LargestRun, largestWhole: LargestRun = largestRun): Part[] {
    const level = this.#levels.find(({ active }) => active.length > 0);
    const first = this.next;
    if (level === undefined || first === undefined) return [];
    if (first.group === null) {
      const parts: Part[] = [];
      const lane = level.active.shift() as Lane;
      this.#takeRows(lane, first.rows, parts);
      this.#putBack(level, lane);
      return parts;
    }
    const capacity = Math.max(1, largestRun(first));
    return (
      this.#takeWhole(level, { capacity, most: largestWhole(first) }) ??
      this.#fill(level, { group: first.group, capacity })
    );
  }

  /** Takes out the jobs for which `isOver` holds, wherever they stand, unless some of their rows have been run. */
  remove(isOver: (pending: Pending) => boolean): Pending[] {
    const removed: Pending[] = [];
    for (const level of this.#levels) {
      for (const lane of level.active) {
        const kept = lane.jobs.slice(lane.first).filter((pending) => {
          if (pending.taken > 0 || !isOver(pending)) return true;
          removed.push(pending);
          return false;
        });
        lane.jobs.length = 0;
        lane.jobs.push(...kept);
        lane.first = 0;
        lane.isActive = kept.length > 0;
      }
      level.active = level.active.filter((lane) => lane.isActive);
    }
    this.#size -= removed.length;
    return removed;
  }

  /** Drops what is left of a job of which some rows were taken: one of them has failed. */
  drop(pending: Pending): void {
    if (pending.taken >= pending.rows) return;
    pending.taken = 0;
    this.remove((other) => other === pending);
    pending.taken = pending.rows;
  }

  #level(priority: number): Level {
    const known = this.#levels.find((level) => level.priority === priority);
    if (known) return known;
    const level: Level = { priority, lanes: new WeakMap(), active: [] };
    this.#levels.push(level);
    this.#levels.sort((a, b) => a.priority - b.priority);
    return level;
  }

  /**
   * All of a job that would fill more than half of a run: to cut it and join the pieces with others' would bring little but copies of them.
   * Only where everybody has as many rows as a share: whoever has few is not to wait for others' large jobs.
   */
  #takeWhole(
    level: Level,
    { capacity, most }: { readonly capacity: number; readonly most: number },
  ): Part[] | undefined {
    const lane = level.active[0] as Lane;
    const { rows, taken } = lane.jobs[lane.first] as Pending;
    const share = capacity / level.active.length;
    if (taken > 0 || 2 * rows <= capacity || rows > most || level.active.some((other) => rowsLeft(other) < share))
      return undefined;
    const parts: Part[] = [];
    level.active.shift();
    this.#takeRows(lane, rows, parts);
    this.#putBack(level, lane);
    return parts;
  }

  /**
   * Goes round the lanes, each giving up to an equal share, until the run is full or nobody has rows of its group. Lanes whose
   * next job is of another group keep their place at the front.
   */
  #fill(level: Level, { group, capacity }: { readonly group: string; readonly capacity: number }): Part[] {
    const parts: Part[] = [];
    const passedOver: Lane[] = [];
    const share = Math.max(1, Math.floor(capacity / level.active.length));
    let room = capacity;
    while (room > 0 && passedOver.length < MOST_LANES) {
      const lane = level.active.shift();
      if (lane === undefined) break;
      let quota = Math.min(share, room);
      const before = room;
      for (let head = lane.jobs[lane.first]; quota > 0 && head?.group === group; head = lane.jobs[lane.first]) {
        const rows = Math.min(head.rows - head.taken, quota);
        this.#takeRows(lane, rows, parts);
        quota -= rows;
        room -= rows;
      }
      if (room === before) passedOver.push(lane);
      else this.#putBack(level, lane);
    }
    if (passedOver.length > 0) level.active = [...passedOver, ...level.active];
    return parts;
  }

  /** Whoever has been served is last in the next round; a lane without jobs leaves it. */
  #putBack(level: Level, lane: Lane): void {
    lane.isActive = lane.first < lane.jobs.length;
    if (lane.isActive) {
      level.active.push(lane);
      return;
    }
    lane.jobs.length = 0;
    lane.first = 0;
  }

  #takeRows(lane: Lane, rows: number, parts: Part[]): void {
    const pending = lane.jobs[lane.first] as Pending;
    const from = pending.taken;
    pending.taken += rows;
    parts.push({ pending, from, to: pending.taken });
    if (pending.taken < pending.rows) return;
    this.#size--;
    if (++lane.first < PACKED_AFTER || lane.first === lane.jobs.length) return;
    lane.jobs.splice(0, lane.first);
    lane.first = 0;
  }
}

/** Rows of a lane's next job. */
function rowsLeft({ jobs, first }: Lane): number {
  const { rows, taken } = jobs[first] as Pending;
  return rows - taken;
}
