import { join } from 'node:path';
import { Failure } from '../../src/nouns/failure.ts';
import { allTensors } from '../../src/onnx/all-tensors.ts';
import { readModel } from '../../src/onnx/read-model.ts';
import { readTensorValues } from '../../src/onnx/read-tensor.ts';
import { resolveExternalData } from '../../src/onnx/resolve-external-data.ts';
import { peakMemoryBytes } from '../support/peak-memory.ts';

/**
 * Run as a process of its own on a folder and the names of models in it: one line of JSON for each with what the reader
 * answered, the milliseconds and the process's peak memory so far.
 */
const [folder = '', ...names] = process.argv.slice(2);
for (const name of names) {
  const start = performance.now();
  const answer = answerOf(join(folder, name));
  const ms = Math.round(performance.now() - start);
  console.log(JSON.stringify({ name, answer, ms, peakBytes: peakMemoryBytes() }));
}

/** `read`, the code of the failure, or the codes of what is wrong with the data of tensors. */
function answerOf(path: string): string {
  try {
    const model = readModel(path);
    const external = resolveExternalData(model).problems.map(({ failure }) => failure.code);
    const inline = allTensors(model).flatMap(({ tensor }) =>
      tensor.data.kind === 'external' ? [] : codeOf(() => readTensorValues(model, tensor)),
    );
    return [...new Set([...external, ...inline])].join(' ') || 'read';
  } catch (cause) {
    if (cause instanceof Failure) return cause.code;
    return `defect: ${(cause as Error).stack}`;
  }
}

function codeOf(work: () => unknown): readonly string[] {
  try {
    work();
    return [];
  } catch (cause) {
    if (cause instanceof Failure) return [cause.code];
    throw cause;
  }
}
