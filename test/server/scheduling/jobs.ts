import { DEFAULT_PRIORITY, type Job, type RunFacts } from '../../../templates/server/job.ts';
import type { BatchRule } from '../../../templates/server/scheduling/batch-rule.ts';
import type { Needs } from '../../../templates/server/scheduling/needs.ts';
import type { Outcome, Runner } from '../../../templates/server/scheduling/runner.ts';
import type { Tensor, Tensors } from '../../../templates/server/tensor.ts';

/** A job whose rows hold `first`, `first + 1` and so on, and what became of it. */
export class TestJob implements Job {
  readonly inputs: Tensors;
  readonly outputs = OUTPUTS;
  readonly rows: number | null;
  readonly bytes: number;
  readonly deadlineMs: number | null;
  readonly priority: number;
  readonly connection: object;
  wanted = true;
  answer: number[] | undefined;
  facts: RunFacts | undefined;
  error: Error | undefined;
  /** Settles when its answer is written; at once where left out. */
  writing: Promise<void> | undefined;

  constructor(
    first: number,
    options: { rows?: number | null; width?: number; connection?: object; priority?: number; deadlineMs?: number } = {},
  ) {
    const { rows = 1, width = 1 } = options;
    const data = Float32Array.from({ length: (rows ?? 1) * width }, (_, index) => first + Math.floor(index / width));
    this.inputs = { x: { type: 'float32', dims: [rows ?? 1, width], data, location: 'cpu' } };
    this.rows = rows;
    this.bytes = data.byteLength;
    this.deadlineMs = options.deadlineMs ?? null;
    this.priority = options.priority ?? DEFAULT_PRIORITY;
    this.connection = options.connection ?? {};
  }

  isWanted(): boolean {
    return this.wanted;
  }

  succeed(outputs: Tensors, facts: RunFacts): Promise<void> | undefined {
    if (this.answer ?? this.error) throw new Error('answered twice');
    this.answer = Array.from((outputs.y as Tensor).data as Float32Array);
    this.facts = facts;
    return this.writing;
  }

  fail(error: unknown): void {
    if (this.answer ?? this.error) throw new Error('answered twice');
    this.error = error as Error;
  }
}

const OUTPUTS = { y: null };

/** Runs of jobs one after another, each of them kept; the model doubles its input, and refuses a row that is negative. */
export class TestRunner implements Runner {
  readonly runs: number[][] = [];
  /** What each of them was given. */
  readonly fed: Float32Array[] = [];
  free: number;
  readonly held: (() => void)[] = [];
  readonly #milliseconds: number;

  /** With `free`, runs end when the test lets them; each says that it took so many milliseconds. */
  constructor(options: { free?: number; milliseconds?: number } = {}) {
    this.free = options.free ?? Number.POSITIVE_INFINITY;
    this.#milliseconds = options.milliseconds ?? 0.1;
  }

  run(inputs: Tensors, _: unknown, done: (outcome: Outcome) => void): void {
    const { dims, data: elements } = inputs.x as Tensor;
    const data = elements as Float32Array;
    const width = dims[1] ?? 1;
    this.fed.push(data);
    this.runs.push([...data].filter((_, index) => index % width === 0));
    const end = (): void => {
      if (data.some((value) => value < 0)) done({ ok: false, error: new Error('a row is negative') });
      else
        done({
          ok: true,
          outputs: { y: { type: 'float32', dims, data: data.map((value) => 2 * value), location: 'cpu' } },
          milliseconds: this.#milliseconds,
        });
    };
    if (this.free === Number.POSITIVE_INFINITY) {
      end();
      return;
    }
    this.free--;
    this.held.push(() => {
      this.free++;
      end();
    });
  }
}

/** Jobs of one width go together. */
export function rule(maxSize: number, maxDelayMs = 0): BatchRule {
  return { maxSize, maxDelayMs, groupOf: (job) => (job.rows ? String(job.inputs.x?.dims[1]) : null) };
}

export const NO_NEEDS: Needs = { bytesOf: (job) => job.bytes, largestRun: () => Number.POSITIVE_INFINITY, learn() {} };

/** Until everything that can run has run. */
export async function turns(count = 20): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}
