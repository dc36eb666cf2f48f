import type { Job, JobQueue } from '../job.ts';
import { letTensorsGo } from '../let-go.ts';
import { RequestError } from '../request-error.ts';
import { Answers } from './answers.ts';
import { joinInputs, rowsOf } from './batch.ts';
import type { BatchRule } from './batch-rule.ts';
import { Crowd } from './crowd.ts';
import { DeadlineWatch } from './deadline-watch.ts';
import { FairQueue, type Part } from './fair-queue.ts';
import { GroupTimes } from './group-times.ts';
import type { Ledger } from './ledger.ts';
import { REQUEST_SHARE } from './load-line.ts';
import type { Needs } from './needs.ts';
import { NOBODY, type SchedulerObserver } from './observer.ts';
import { PendingJob } from './pending-job.ts';
import type { RunTimes } from './run-times.ts';
import type { Outcome, Runner } from './runner.ts';
import { Slices } from './slices.ts';

export interface SchedulerOptions {
  /** Most jobs that wait. */
  readonly capacity: number;
  readonly rule: BatchRule;
  readonly ledger: Ledger;
  readonly needs: () => Needs;
  readonly observer?: SchedulerObserver;
}

export interface StartFacts {
  /** Milliseconds of the warm-up's runs, by rows; what service measures is added to them. */
  readonly times?: Readonly<Record<number, number>>;
  /** No run is made longer than this by joining rows. */
  readonly longestRunMs?: number;
  /** Longer runs than that would save time, and there are rows enough for them. */
  readonly onHeldBack?: () => void;
}

/** How often a full queue or a full ledger is looked through for what nobody wants any more: it costs as much as several refusals. */
const SWEEP_MS = 10;

/** Joins jobs into runs, in fair turns, and hands every job its own rows of the result. */
export class Scheduler implements JobQueue {
  readonly bodies: Ledger;
  readonly #options: SchedulerOptions;
  readonly #queue = new FairQueue();
  readonly #observer: SchedulerObserver;
  readonly #deadlines: DeadlineWatch;
  readonly #times: GroupTimes;
  readonly #crowd = new Crowd();
  readonly #answers: Answers;
  readonly #slices = new Slices({
    waitMs: (now) => this.#waitMs(now),
    runNext: (runner, now) => this.#runNext(runner, now),
  });
  /** Parts of runs that failed, each to be run by itself: one job's values must not fail the others'. */
  #again: Part[] = [];
  #longestRunMs = Number.POSITIVE_INFINITY;
  #onHeldBack: (() => void) | undefined;
  #sweptMs = Number.NEGATIVE_INFINITY;
  /** Made once: where many are refused, a stack for each is a good part of the work. */
  readonly #full: RequestError;

  constructor(options: SchedulerOptions) {
    this.#options = options;
    this.#observer = options.observer ?? NOBODY;
    this.#answers = new Answers({ ...options, observer: this.#observer, queue: this.#queue });
    this.#times = new GroupTimes(options.rule.maxSize);
    this.bodies = options.ledger;
    options.ledger.onFull({
      reclaim: () => this.#makeRoom(),
      refused: () => this.#observer.refused('memory-full'),
    });
    this.#deadlines = new DeadlineWatch(() => this.#sweep());
    const { capacity } = options;
    this.#full = new RequestError(429, `too many requests are waiting for the model: ${capacity}`, {
      'retry-after': '1',
    });
  }

  /** Jobs of which rows wait. */
  get waiting(): number {
    return this.#queue.size;
  }

  get largestBodyBytes(): number {
    return Math.floor(REQUEST_SHARE * this.bodies.capacityBytes);
  }

  /** Begins to run jobs, or goes on with another runner; what was taken in and now fits no run any more is refused. */
  start(runner: Runner, { times = {}, longestRunMs = Number.POSITIVE_INFINITY, onHeldBack }: StartFacts = {}): void {
    this.#longestRunMs = longestRunMs;
    this.#onHeldBack = onHeldBack;
    this.#times.start(times);
    for (const pending of this.#queue.all) this.#assertFits(pending as PendingJob);
    this.#slices.start(runner);
  }

  /** Begins no more runs until it is started again; jobs wait. */
  pause(): void {
    this.#slices.pause();
  }

  assertRoom(): void {
    const { capacity } = this.#options;
    if (this.#queue.size >= capacity) this.#makeRoom();
    if (this.#queue.size < capacity) return;
    this.#observer.refused('queue-full');
    throw this.#full;
  }

  submit(job: Job): void {
    const { needs, ledger, rule } = this.#options;
    const bytes = this.#admit(job, needs(), ledger);
    const group = rule.groupOf(job);
    const pending = new PendingJob(job, { group, bytes, ledger, arrivedMs: performance.now() });
    if (job.deadlineMs !== null) this.#deadlines.watch(job.deadlineMs);
    this.#queue.add(pending);
    this.wake();
  }

  /** Something has come in: a connection, a request, the end of one. */
  noteTraffic(): void {
    this.#slices.noteTraffic();
  }

  /** A run can begin that could not before. */
  wake(): void {
    this.#slices.wake();
  }

  #assertFits(pending: PendingJob): void {
    try {
      this.#options.needs().largestRun(pending.job);
    } catch (error) {
      this.#observer.refused('never-fits');
      this.#queue.drop(pending);
      pending.fail(error);
    }
  }

  #admit(job: Job, needs: Needs, ledger: Ledger): number {
    try {
      needs.largestRun(job);
      const bytes = needs.bytesOf(job);
      ledger.hold(bytes);
      return bytes;
    } catch (error) {
      if (error instanceof RequestError && error.status === 413) this.#observer.refused('never-fits');
      throw error;
    }
  }

  /** Begins the next run; gives whether there was any. */
  #runNext(runner: Runner, now: number): boolean {
    const parts = this.#nextParts(now);
    if (parts === undefined) return false;
    if (parts.length > 0) this.#run(parts, runner);
    return true;
  }

  /** How long the next run should yet wait because others would make it larger, to its advantage; 0 where it should begin. */
  #waitMs(now: number): number {
    const first = this.#queue.next as PendingJob | undefined;
    if (first === undefined || first.group === null || this.#again.length > 0) return 0;
    const most = this.#largestRun(first);
    const ready = this.#queue.rowsReady(most);
    const crowdMs = this.#crowd.waitMs(ready, { most, nowMs: now, times: this.#times.of(first.group) });
    if (ready >= most) return 0;
    const untilMs = Math.max(crowdMs, first.arrivedMs + this.#options.rule.maxDelayMs - now);
    return now + untilMs < (first.job.deadlineMs ?? Number.POSITIVE_INFINITY) ? untilMs : 0;
  }

  /** Parts of the next run that are still wanted; `undefined` where nothing waits. */
  #nextParts(now: number): Part[] | undefined {
    const again = this.#again.shift();
    if (again !== undefined) return [again];
    if (this.#queue.size === 0) return undefined;
    const parts = this.#queue.take(
      (first) => this.#largestRun(first as PendingJob),
      (first) => this.#largestWhole(first as PendingJob),
    );
    const wanted = parts.filter(({ pending, from }) => {
      const job = pending as PendingJob;
      if (job.isSettled) return false;
      if (this.#isOver(job, now)) {
        this.#giveUp(job);
        return false;
      }
      if (from === 0) this.#observer.waited(job.begin(now));
      return true;
    });
    return wanted;
  }

  /** Largest run for jobs like this one: what memory allows, what saves time, and what does not hold the thread too long. */
  #largestRun(pending: PendingJob): number {
    return this.#times.of(pending.group).rowsWithin(this.#longestRunMs, this.#mostRows(pending));
  }

  /** As large as a run may be, if all rows of a job make a good one; 0 where they do not. */
  #largestWhole(pending: PendingJob): number {
    return this.#times.of(pending.group).isGoodWhole(pending.rows) ? this.#mostRows(pending) : 0;
  }

  /** What memory and the model allow. */
  #mostRows({ job }: PendingJob): number {
    const { needs, rule } = this.#options;
    return Math.min(needs().largestRun(job), rule.maxSize);
  }

  #run(parts: readonly Part[], runner: Runner): void {
    const first = parts[0];
    if (first === undefined) return;
    const { job, group } = first.pending as PendingJob;
    const rows = rowsOf(parts);
    const inputs = joinInputs(parts);
    const done = (outcome: Outcome): void => {
      if (outcome.ok) {
        if (group !== null) this.#note(this.#times.of(group), rows, outcome.milliseconds);
        this.#observer.ran({
          rows: group === null ? (job.rows ?? 1) : rows,
          jobs: parts.length,
          milliseconds: outcome.milliseconds,
        });
      }
      this.#again.push(...this.#answers.handOut(parts, rows, outcome));
      if (group !== null) this.#expect(parts, this.#times.of(group).preferredRows);
      // What was joined was made for this run; a job's own inputs are looked at again where it takes several.
      if (parts.length > 1) letTensorsGo(inputs);
      this.wake();
    };
    runner.run(inputs, job.outputs, done, group === null ? 1 : rows);
  }

  #note(times: RunTimes, rows: number, milliseconds: number): void {
    times.note(rows, milliseconds);
    if (times.isHeldBack) this.#onHeldBack?.();
  }

  /** Whoever has been answered may come again, and share a run with those that are ready. */
  #expect(parts: readonly Part[], enough: number): void {
    let rows = this.#queue.size === 0 ? 0 : this.#queue.rowsReady(enough);
    for (const { pending, to } of parts) if (to === pending.rows) rows += pending.rows;
    this.#crowd.ended(rows, performance.now());
  }

  #makeRoom(): void {
    if (performance.now() - this.#sweptMs >= SWEEP_MS) this.#sweep();
  }

  /** Lets go of what nobody waits for any more; gives the soonest deadline of what is left. */
  #sweep(): number {
    const now = performance.now();
    this.#sweptMs = now;
    let soonest = Number.POSITIVE_INFINITY;
    const over = this.#queue.remove((other) => {
      const job = other as PendingJob;
      if (this.#isOver(job, now)) return true;
      soonest = Math.min(soonest, job.job.deadlineMs ?? soonest);
      return false;
    });
    for (const pending of over) this.#giveUp(pending as PendingJob);
    return soonest;
  }

  #isOver({ job }: PendingJob, now: number): boolean {
    return (job.deadlineMs !== null && job.deadlineMs <= now) || !job.isWanted();
  }

  #giveUp(pending: PendingJob): void {
    const gone = !pending.job.isWanted();
    this.#observer.refused(gone ? 'client-gone' : 'deadline');
    this.#queue.drop(pending);
    pending.fail(new RequestError(504, 'the time that the request allows was over before its turn came'));
  }
}
