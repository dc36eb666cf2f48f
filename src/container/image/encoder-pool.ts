import { availableParallelism } from 'node:os';
import type { Worker } from 'node:worker_threads';
import { startThread } from '../../cache/start-thread.ts';
import { BLOCK_BYTES, type BlockEncoding } from './encode-block.ts';

/**
 * A thread costs 20 to 30 MiB with its block where it deflates, and 80 to 100 where it makes zstd frames, whose tables are large:
 * more of them would break the promise to stay under 200 MB, or come too near the double of it.
 */
const MAX_THREADS: Readonly<Record<BlockEncoding, number>> = { gzip: 3, zstd: 2 };

/** At most BLOCK_BYTES of a memory of that size. */
export type Block = Uint8Array<ArrayBuffer>;

interface Task {
  readonly block: Block;
  readonly resolve: (compressed: Uint8Array) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Threads that compress blocks, shared by all layers that are packed at one time. `borrow` lends the memory for a block and
 * waits while all of it is lent; whoever borrowed fills it and hands it to `encode`, or gives it back.
 */
export class EncoderPool {
  readonly threads: number;
  readonly #encoding: BlockEncoding;
  readonly #idle: Worker[] = [];
  /** Every thread, with the task it works on. */
  readonly #running = new Map<Worker, Task | undefined>();
  readonly #tasks: Task[] = [];
  readonly #spare: ArrayBuffer[] = [];
  readonly #waiting: ((memory: ArrayBuffer) => void)[] = [];
  #unmade: number;
  #closed = false;

  constructor(processors: number, encoding: BlockEncoding) {
    this.#encoding = encoding;
    this.threads = Math.max(1, Math.min(MAX_THREADS[encoding], processors));
    this.#unmade = this.threads + 1;
  }

  async borrow(): Promise<Block> {
    const spare = this.#spare.pop();
    if (spare) return new Uint8Array(spare);
    if (this.#unmade > 0) {
      this.#unmade -= 1;
      return new Uint8Array(BLOCK_BYTES);
    }
    return new Uint8Array(await new Promise<ArrayBuffer>((resolve) => this.#waiting.push(resolve)));
  }

  giveBack(block: Block): void {
    const next = this.#waiting.shift();
    if (next) next(block.buffer);
    else this.#spare.push(block.buffer);
  }

  /** Compresses a borrowed block, or the beginning of one; its memory is given back by that. */
  encode(block: Block): Promise<Uint8Array> {
    return new Promise<Uint8Array>((resolve, reject) => {
      this.#tasks.push({ block, resolve, reject });
      this.#start();
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#running.keys()].map((worker) => worker.terminate()));
  }

  #start(): void {
    if (this.#tasks.length === 0) return;
    if (this.#idle.length === 0 && this.#running.size < this.threads) this.#grow();
    const worker = this.#idle.pop();
    if (worker === undefined) return;
    const task = this.#tasks.shift();
    this.#running.set(worker, task);
    if (task) worker.postMessage(task.block, [task.block.buffer]);
  }

  #grow(): void {
    const worker = startThread('container/image/encoder-worker', this.#encoding);
    const lose = (error: Error) => {
      const task = this.#running.get(worker);
      this.#running.delete(worker);
      if (task) this.giveBack(new Uint8Array(BLOCK_BYTES));
      task?.reject(error);
      if (!this.#closed) this.#start();
    };
    worker.on('message', ({ compressed, block }: { compressed: Uint8Array; block: ArrayBuffer }) => {
      this.giveBack(new Uint8Array(block));
      const task = this.#running.get(worker);
      this.#running.set(worker, undefined);
      this.#idle.push(worker);
      task?.resolve(compressed);
      this.#start();
    });
    worker.on('error', lose);
    worker.on('exit', () => lose(new Error('the compressing thread ended before its block was done')));
    this.#running.set(worker, undefined);
    this.#idle.push(worker);
  }
}

interface SharedPool {
  readonly pool: EncoderPool;
  users: number;
}

const shared = new Map<BlockEncoding, SharedPool>();

/** Lends the process's one pool of an encoding: threads start with the first block of the first user and end with the last user. */
export async function withEncoderPool<T>(encoding: BlockEncoding, use: (pool: EncoderPool) => Promise<T>): Promise<T> {
  const lent = shared.get(encoding) ?? { pool: new EncoderPool(availableParallelism(), encoding), users: 0 };
  shared.set(encoding, lent);
  lent.users += 1;
  try {
    return await use(lent.pool);
  } finally {
    lent.users -= 1;
    if (lent.users === 0) {
      shared.delete(encoding);
      await lent.pool.close();
    }
  }
}
