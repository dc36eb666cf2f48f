import type { OutputSelection, Tensors } from './tensor.ts';

/** How a job was run. */
export interface RunFacts {
  /** From the job's arrival to its first run. */
  readonly queueMs: number;
  /** Of all the runs that had rows of it. */
  readonly computeMs: number;
  /** From the job's arrival to its outputs. */
  readonly wholeMs: number;
  /** Rows of the last of them, of other jobs too. */
  readonly runRows: number;
}

/** A run that somebody waits for. Protocols make jobs and the scheduler runs them: this file is all that joins the two. */
export interface Job {
  readonly inputs: Tensors;
  readonly outputs: OutputSelection;
  /** Size of the first dimension, where all inputs leave the same one open: how many rows a batch of it holds; else `null`. */
  readonly rows: number | null;
  /** Bytes that the inputs occupy. */
  readonly bytes: number;
  /** When nobody wants the answer any more, on the clock of `performance.now()`; `null` where the client set no limit. */
  readonly deadlineMs: number | null;
  /** 1 is served first, 9 last. */
  readonly priority: number;
  /** Whose request it is: one object for a connection, so that clients can be served in turn. */
  readonly connection: object;
  /** False once the client has gone: then the work is dropped unless it has begun. */
  isWanted(): boolean;
  /** Called at most once, and never after `fail`. Where the answer takes long to write, gives what settles once it is: never rejects. */
  succeed(outputs: Tensors, facts: RunFacts): Promise<void> | undefined;
  /** A RequestError is told to the client; anything else is logged as a defect. */
  fail(error: unknown): void;
}

/** For clients that do not say. */
export const DEFAULT_PRIORITY = 5;

/** What protocols ask of the scheduler. */
export interface JobQueue {
  /**
   * Asked before a body is read, and again before it is decoded: others may have taken the last place meanwhile.
   *
   * @throws RequestError 429 with Retry-After where no job can be taken in now
   */
  assertRoom(): void;
  /** Takes a job; `assertRoom` has been asked before. */
  submit(job: Job): void;
  /** Bodies that have begun to come in and are not yet decoded. */
  readonly bodies: BodyMeter;
  /** Largest body of which the tensors and the answer fit as well. */
  readonly largestBodyBytes: number;
}

/** Counts the bytes of bodies while they stream in, before they are parsed. */
export interface BodyMeter {
  /** @throws RequestError 429 where they do not fit beside what is there */
  hold(bytes: number): void;
  /** Counts what is there already and cannot be refused, such as an answer whose client is slow to read it. */
  add(bytes: number): void;
  /** Gives back what `hold` has counted: the body has been decoded, or its client has gone. */
  release(bytes: number): void;
}
