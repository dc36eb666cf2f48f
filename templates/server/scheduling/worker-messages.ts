import type { OpenFacts } from '../open-measured.ts';
import type { OutputSelection, Tensors } from '../tensor.ts';
import type { WarmUp } from '../warm-up.ts';

/** What a thread is started with. */
export interface WorkerSetup extends Omit<OpenFacts, 'plan' | 'signature'> {
  /** The server's own file, beside which the runtime is. */
  readonly serverUrl: string;
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
