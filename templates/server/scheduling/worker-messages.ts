import type { OutputSelection, Tensors } from '../tensor.ts';
import type { WarmUp } from '../warm-up.ts';

/** What a thread is started with. */
export interface WorkerSetup {
  /** The server's own file, beside which the runtime is. */
  readonly serverUrl: string;
  readonly planPath: string;
  /** For the warm-up: as tensors, so that the thread need not know how requests are read. */
  readonly example: Tensors | Error | undefined;
  readonly sessionOptions: Readonly<Record<string, unknown>>;
  /** Rows of the largest run. */
  readonly maxSize: number;
}

/** A run that the thread is asked for; its number comes back with the answer. */
export interface WorkerAsk {
  readonly id: number;
  readonly inputs: Tensors;
  readonly outputs: OutputSelection;
}

export interface WorkerReady {
  readonly kind: 'ready';
  readonly loadMs: number;
  readonly warmUp: WarmUp;
  /** Milliseconds by rows, as the warm-up measured them. */
  readonly times: Readonly<Record<number, number>>;
}

export type WorkerAnswer =
  | WorkerReady
  | { readonly kind: 'ran'; readonly id: number; readonly outputs: Tensors; readonly milliseconds: number }
  /** With a status where the model refused the inputs, without one where the thread itself is at fault. */
  | { readonly kind: 'failed'; readonly id: number; readonly status: number | null; readonly message: string };
