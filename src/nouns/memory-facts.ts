/** How the server loads a model: the least memory, or the least time. */
export type ProfileName = 'lean' | 'fast';

/** `fits-slow`: no kill, but pages of mapped files have to be read again and again. */
export type MemoryVerdict = 'fits' | 'fits-slow' | 'does-not-fit' | 'unknown' | 'no-budget';

/** Parts of the unreclaimable memory at the peak, in bytes; they add up to it. */
export interface MemoryBreakdown {
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

export interface LiveTensor {
  readonly name: string;
  readonly bytes: number;
}

export interface MemoryPeak {
  readonly phase: 'create' | 'run';
  /** `null` where no node runs: at creation, and while outputs are copied. */
  readonly node: { readonly name: string; readonly operator: string; readonly graph: string } | null;
  /** The largest first. */
  readonly liveTensors: readonly LiveTensor[];
}

/** What one worker takes while one node runs. */
export interface MemoryMoment {
  readonly node: string;
  readonly operator: string;
  /** All of it: activations, outputs and the kernel's scratch. */
  readonly bytes: number;
  readonly activationBytes: number;
  readonly outputBytes: number;
  readonly scratchBytes: number;
}

/** The numbers of a plan, each `null` where the plan is not known. */
export interface MemoryNumbers {
  /** Unreclaimable, while the model is loaded. */
  readonly createPeakBytes: number | null;
  /** Unreclaimable, while it runs at the bounds. */
  readonly runPeakBytes: number | null;
  /** The larger one. */
  readonly unreclaimableBytes: number | null;
  /** What unreclaimable memory will not exceed. */
  readonly upperBoundBytes: number | null;
  /** Files that are mapped and touched: the system can take these pages back and read them again. */
  readonly mappedBytes: number | null;
  /** The container's limit at which all of it fits, mapped files included. */
  readonly recommendedLimitBytes: number | null;
}

/** What would have had to be guessed, and what to declare so that it is known. */
export interface MemoryUnknown {
  /** `domain:name` of an operator, a dimension as bounds name it, or a value of the graph. */
  readonly name: string;
  readonly why: string;
  /** Keys below `bounds` that would settle it; empty where none can. */
  readonly bounds: readonly string[];
  readonly declare: string;
}

export interface BatchBucket {
  /** The sizes of all dimensions but the batch. */
  readonly bounds: Readonly<Record<string, number>>;
  /** The largest batch that fits, 0 where not even one does, `null` where no plan can be made. */
  readonly largest: number | null;
}

export interface LargestBatch {
  /** The dimension that counts as the batch. */
  readonly dimension: string;
  readonly limitBytes: number;
  readonly buckets: readonly BatchBucket[];
}

/** A change that takes less memory, and how much then is taken. */
export interface MemoryRemedy {
  readonly kind: 'profile' | 'bound' | 'workers' | 'queue' | 'transport' | 'split' | 'quantize';
  /** What to change, to what. */
  readonly change: { readonly name: string; readonly from: string | number; readonly to: string | number };
  /** As one sentence. */
  readonly text: string;
  readonly upperBoundBytes: number;
  readonly recommendedLimitBytes: number;
  /** By how much the recommended limit falls. */
  readonly savedBytes: number;
}

/** A processor that the upper bound holds for, and how that is known. */
export interface CoveredProcessor {
  readonly processor: string;
  readonly how: 'measured' | 'bounded';
  readonly upperBoundBytes: number;
}

/** The `memory` of a report. What is not known is `null`; lists are empty then. */
export interface MemoryFacts extends MemoryNumbers {
  readonly verdict: MemoryVerdict;
  readonly limitBytes: number | null;
  readonly profile: ProfileName;
  readonly bounds: Readonly<Record<string, number>>;
  readonly workers: number;
  readonly queue: number;
  readonly peak: MemoryPeak | null;
  readonly breakdown: MemoryBreakdown | null;
  /** What one more worker would add. */
  readonly nextWorkerBytes: number | null;
  readonly unknownOperators: readonly MemoryUnknown[];
  readonly unknownDimensions: readonly MemoryUnknown[];
  readonly unknownValues: readonly MemoryUnknown[];
  /** `null` where there is no limit, no plan, or no dimension that all inputs begin with. */
  readonly largestBatch: LargestBatch | null;
  /** The plan under each profile. */
  readonly profiles: readonly (MemoryNumbers & { readonly profile: ProfileName; readonly verdict: MemoryVerdict })[];
  /** The one that saves most first. */
  readonly remedies: readonly MemoryRemedy[];
  /** Node by node, in the order in which they run. */
  readonly moments: readonly MemoryMoment[];
  /** What the numbers were calibrated on. */
  readonly calibration: Readonly<Record<'node' | 'onnxruntime' | 'libc' | 'processor', string>>;
  readonly processors: readonly CoveredProcessor[];
}
