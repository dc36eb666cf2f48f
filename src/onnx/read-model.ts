import { Failure } from '../nouns/failure.ts';
import { decodeModel } from './decode-model.ts';
import { READ_LIMITS, type ReadLimits } from './limits.ts';
import type { Model } from './model.ts';
import { Reading } from './reading.ts';
import { assertMayBeOnnx, isForeign, notOnnx } from './recognise.ts';
import { SourceFile } from './source-file.ts';
import { WireReader } from './wire-reader.ts';

export interface ReadOptions {
  /** Limits other than the usual ones. */
  readonly limits?: Partial<ReadLimits>;
}

/**
 * Reads what an ONNX file says, at the cost of its graph: weights and long lists stay in the file. Synchronous. Throws
 * `Failure`: `onnx/missing`, `onnx/unreadable` and `onnx/not-a-file` (exit 2); `onnx/empty`, `onnx/not-onnx`,
 * `onnx/truncated`, `onnx/malformed`, `onnx/too-deep` and `onnx/limit` (exit 1).
 */
export function readModel(path: string, options: ReadOptions = {}): Model {
  const file = SourceFile.open(path);
  try {
    assertMayBeOnnx(file);
    const reading = new Reading(new WireReader(file, { ...READ_LIMITS, ...options.limits }));
    const model = attempt(file, () => decodeModel(reading));
    if (model === null) throw notOnnx(file);
    return model;
  } finally {
    file.close();
  }
}

/** A file of another format breaks somewhere by chance; what it is says more than where it broke. */
function attempt<T>(file: SourceFile, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    const isBroken = cause instanceof Failure && BROKEN.has(cause.code);
    if (isBroken && isForeign(file)) throw notOnnx(file, cause);
    throw cause;
  }
}

const BROKEN: ReadonlySet<string> = new Set(['onnx/truncated', 'onnx/malformed', 'onnx/too-deep', 'onnx/limit']);
