import type { Profile } from '../runtime/session-options.ts';
import type { LiveTensor } from './simulate-run.ts';
import type { OpenValue } from './unknowns.ts';

/** `fits-slow`: no kill, but pages of mapped files have to be read again and again. */
export type MemoryVerdict = 'fits' | 'fits-slow' | 'does-not-fit' | 'unknown' | 'no-budget';

/** Parts of the unreclaimable memory at the peak, in bytes; they add up to it. */
export interface Breakdown {
  /** Node and the runtime with an empty model. */
  readonly runtime: number;
  /** Nodes and attributes as the runtime keeps them. */
  readonly graph: number;
  /** Weights in anonymous memory: small ones, and trees. */
  readonly weights: number;
  readonly packedWeights: number;
  readonly activations: number;
  readonly kernelScratch: number;
  readonly inputs: number;
  readonly outputs: number;
  /** Outputs as JavaScript has them, what dead requests left behind, and texts of requests and answers. */
  readonly copies: number;
  readonly javascript: number;
  /** Further workers, with all that each of them holds. */
  readonly workers: number;
}

export interface PeakMoment {
  readonly phase: 'create' | 'run';
  /** `null` where no node runs: at creation, and while outputs are copied. */
  readonly node: { readonly name: string; readonly operator: string; readonly graph: string } | null;
  /** The largest first. */
  readonly liveTensors: readonly LiveTensor[];
}

/** What is not known in an `unknown` plan, and what to declare so that it is. */
export interface Undeclared {
  /** `domain:name` of operators that have no rule, with how often they stand in the graph. */
  readonly operators: ReadonlyMap<string, number>;
  /** Dimensions of inputs that have no bound, as bounds are named: a symbol, or `input[axis]`. */
  readonly dimensions: readonly string[];
  /** Values whose size stays open although all inputs are bounded. */
  readonly values: readonly OpenValue[];
}

/** What one worker takes over the run of the graph, for a picture of it. */
export interface RunMoment {
  readonly node: string;
  readonly operator: string;
  readonly bytes: number;
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
  readonly peak: PeakMoment;
  readonly breakdown: Breakdown;
  /** What one more worker would add. */
  readonly nextWorkerBytes: number;
  readonly moments: readonly RunMoment[];
}

export interface UnknownPlan {
  readonly state: 'unknown';
  readonly profile: Profile;
  readonly undeclared: Undeclared;
}

export type MemoryPlan = KnownPlan | UnknownPlan;
