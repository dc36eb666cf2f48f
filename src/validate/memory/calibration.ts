import { readFileSync } from 'node:fs';
import { HERE } from '../../here.ts';

/** Where a run happens: on the thread that takes requests in, or, for models that take long, on one of its own. */
export type Seat = 'inline' | 'worker';

/** Points of a line in pieces: so many bytes of tensors, and what was taken beside them. */
export type Curve = readonly (readonly [tensorBytes: number, extraBytes: number])[];

/** What requests and answers take beside their tensors, by how these travel. */
export interface TravelCurves {
  readonly request: Curve;
  readonly answer: Curve;
  /** How much more single processes took. */
  readonly requestSpread: Curve;
  readonly answerSpread: Curve;
}

/** What one combination of Node, onnxruntime, libc and processor takes by itself, as bench/calibrate.ts measured it. */
export interface Calibration {
  readonly combination: Readonly<Record<'node' | 'onnxruntime' | 'libc' | 'processor', string>>;
  /** The server with a session of a model that has next to nothing in it, before any request. */
  readonly idleBytes: number;
  /** For each node of a graph. */
  readonly nodeBytes: number;
  /** What hundreds of requests add: compiled code, objects of V8's own, what connections leave behind. */
  readonly javascriptSteadyBytes: number;
  /** A thread with a session of its own, before any request, and what it adds to a process that has had hundreds: its isolate, the binding. */
  readonly workerReadyBytes: number;
  readonly workerBytes: number;
  readonly travel: Readonly<Record<Seat, Readonly<Record<'json' | 'binary', TravelCurves>>>>;
  /** Mapped: the code of Node and of the runtime. */
  readonly textBytes: number;
  /** What the engine's check of health takes in the container while it runs: a process of its own. */
  readonly healthCheckBytes: number;
  /** For each node and leaf of trees, beside the lists that they stand in: once loaded, and what loading takes above that. */
  readonly treeNodeBytes: number;
  readonly treeCreateBytes: number;
  /** Threads of the runtime's pool: one for each physical core. */
  readonly threads: number;
  /** The upper bound: this share of the estimate, and so many bytes, above it; what is known to vary more has a spread of its own. */
  readonly marginFactor: number;
  readonly marginBytes: number;
  /** The measurements that the figures above were derived from, in bytes. */
  readonly measured: CalibrationMeasurements;
}

/** One container: what it held when ready, while it loaded, and over requests. */
export interface CalibrationPoint {
  readonly readyBytes: number;
  readonly createPeakBytes: number;
  readonly runPeakBytes: number;
}

export interface CalibrationMeasurements {
  /** A model that takes one number and gives one. */
  readonly inline: readonly CalibrationPoint[];
  readonly worker: readonly CalibrationPoint[];
  readonly chain: readonly CalibrationPoint[];
  readonly chainNodes: number;
  readonly trees: readonly CalibrationPoint[];
  /** Their nodes and leaves, what making their kernel takes beyond these, and the copies of lists that they stand in. */
  readonly treeNodes: number;
  readonly treeMakingBytes: number;
  readonly treeListBytes: number;
  readonly mappedBytes: number;
  readonly healthCheckBytes: number;
  readonly travels: readonly {
    readonly seat: Seat;
    readonly travel: 'json' | 'binary';
    readonly direction: 'request' | 'answer';
    readonly tensorBytes: number;
    readonly runPeakBytes: number;
  }[];
}

/** The shipped one: a small file beside this one, as bench/calibrate.ts wrote it. */
export const CALIBRATION: Calibration = JSON.parse(
  readFileSync(new URL('validate/memory/calibration.json', HERE), 'utf8'),
) as Calibration;
