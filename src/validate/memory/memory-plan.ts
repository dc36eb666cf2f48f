import type { MemoryBreakdown, MemoryMoment, MemoryPeak } from '../../nouns/memory-facts.ts';
import type { Profile } from '../runtime/session-options.ts';
import type { OpenValue } from './unknowns.ts';

/** What is not known in an `unknown` plan, and what to declare so that it is. */
export interface Undeclared {
  /** `domain:name` of operators that have no rule, with how often they stand in the graph. */
  readonly operators: ReadonlyMap<string, number>;
  /** Dimensions of inputs that have no bound, as bounds are named: a symbol, or `input[axis]`. */
  readonly dimensions: readonly string[];
  /** Values whose size stays open although all inputs are bounded. */
  readonly values: readonly OpenValue[];
}

export interface KnownPlan {
  readonly state: 'known';
  readonly profile: Profile;
  /** Unreclaimable, while the model is loaded. */
  readonly createPeakBytes: number;
  /** Unreclaimable, while it runs at the bounds. */
  readonly runPeakBytes: number;
  /** The larger one. */
  readonly unreclaimableBytes: number;
  /** Files that are mapped and touched: the system can take these pages back and read them again. */
  readonly mappedBytes: number;
  /** What unreclaimable memory will not exceed. */
  readonly upperBoundBytes: number;
  /** The container's limit at which all of it fits, mapped files included. */
  readonly recommendedLimitBytes: number;
  readonly peak: MemoryPeak;
  readonly breakdown: MemoryBreakdown;
  /** Unreclaimable while nothing runs, on whichever of the covered processors takes the most. */
  readonly idleBytes: number;
  /** Of that, what a session holds of the model. */
  readonly modelBytes: number;
  /** What one worker takes while it runs: activations, scratch, inputs, outputs and copies. */
  readonly runBytes: number;
  /** What one more worker would add. */
  readonly nextWorkerBytes: number;
  readonly moments: readonly MemoryMoment[];
}

export interface UnknownPlan {
  readonly state: 'unknown';
  readonly profile: Profile;
  readonly undeclared: Undeclared;
}

export type MemoryPlan = KnownPlan | UnknownPlan;
