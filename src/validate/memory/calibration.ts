import { readFileSync } from 'node:fs';
import { HERE } from '../../here.ts';

/** What one combination of Node, onnxruntime, libc and processor takes by itself, as bench/calibrate.ts measured it. */
export interface Calibration {
  readonly combination: Readonly<Record<'node' | 'onnxruntime' | 'libc' | 'processor', string>>;
  /** The process with a session of a model that has next to nothing in it. */
  readonly idleBytes: number;
  /** For each node of a graph. */
  readonly nodeBytes: number;
  /** What V8 adds in the first runs: compiled code, objects of its own. */
  readonly javascriptBytes: number;
  /** The same after hundreds of runs. */
  readonly javascriptSteadyBytes: number;
  /** What the server adds to a process that has a session: HTTP, decoders. */
  readonly serverBytes: number;
  /** A further worker: its isolate, the binding, its session. */
  readonly workerBytes: number;
  /** Mapped: the code of Node and of the runtime. */
  readonly textBytes: number;
  /** What trees take, as multiples of the file that holds them: once loaded, and while they are. */
  readonly treeSteadyFactor: number;
  readonly treeCreateFactor: number;
  /** Threads of the runtime's pool: one for each physical core. */
  readonly threads: number;
  /** The upper bound: this share of the estimate, and so many bytes, above it. */
  readonly marginFactor: number;
  readonly marginBytes: number;
}

/** The shipped one: a small file beside this one, as bench/calibrate.ts wrote it. */
export const CALIBRATION: Calibration = JSON.parse(
  readFileSync(new URL('validate/memory/calibration.json', HERE), 'utf8'),
) as Calibration;
