/**
 * The process that is measured: the server's own way of loading and running a model, and nothing else. It does one step for
 * each line on its standard input and answers each with one line, so that its parent can read the kernel's counters between.
 */
import { readSync, writeSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { letTensorsGo } from '../templates/server/let-go.ts';
import { openSession, type Session } from '../templates/server/session.ts';
import { selectOutputs, type Tensors } from '../templates/server/tensor.ts';
import type { Step } from './memory-truth.ts';

let session: Session | undefined;

function attempt(step: Step): string | null {
  try {
    if (step.verb === 'load') session = openSession(step.model, step.options);
    else for (let run = 0; run < step.runs; run++) runOnce(step);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function runOnce(step: Extract<Step, { readonly verb: 'run' }>): void {
  const inputs = makeUp(step);
  const outputs = session?.run(inputs, selectOutputs(step.outputs as never));
  letTensorsGo(inputs);
  if (outputs) letTensorsGo(outputs);
}

const ARRAYS = {
  float: (count: number) => waves(new Float32Array(count)),
  double: (count: number) => waves(new Float64Array(count)),
  float16: (count: number) => new Uint16Array(count).fill(0x3800),
  int64: (count: number) => new BigInt64Array(count).fill(1n),
  int32: (count: number) => new Int32Array(count).fill(1),
  uint8: (count: number) => new Uint8Array(count).fill(1),
  int8: (count: number) => new Int8Array(count).fill(1),
  bool: (count: number) => new Uint8Array(count).fill(1),
} as const;

/** By a plain loop: a callback for each element would leave garbage that no server makes. */
function waves<T extends Float32Array | Float64Array>(data: T): T {
  for (let index = 0; index < data.length; index++) data[index] = Math.sin(index);
  return data;
}

const RUNTIME_NAMES: Readonly<Record<string, string>> = { float: 'float32', double: 'float64' };

/** New arrays for each run, as each request brings its own. */
function makeUp({ inputs }: Extract<Step, { readonly verb: 'run' }>): Tensors {
  return Object.fromEntries(
    inputs.map(({ name, elementType, dims }) => {
      const data = ARRAYS[elementType as keyof typeof ARRAYS](dims.reduce((product, size) => product * size, 1));
      return [name, { type: RUNTIME_NAMES[elementType] ?? elementType, dims, data, location: 'cpu' }];
    }),
  ) as unknown as Tensors;
}

/** A step is one line, and the next is not sent before it is answered. */
const LINE_BYTES = 65_536;
const NEWLINE = 10;

/** Read and written without streams, which would be counted as the model's: half a MiB. */
function nextLine(): string {
  const buffer = Buffer.allocUnsafe(LINE_BYTES);
  let length = 0;
  do {
    const read = readSync(0, buffer, length, LINE_BYTES - length, null);
    if (read === 0) return '';
    length += read;
  } while (buffer[length - 1] !== NEWLINE);
  return buffer.toString('utf8', 0, length);
}

// Last, because what stands below a wait is not there yet while it lasts.
for (let line = nextLine(); line !== ''; line = nextLine()) {
  const began = performance.now();
  const failure = attempt(JSON.parse(line) as Step);
  writeSync(1, `${JSON.stringify({ milliseconds: performance.now() - began, failure })}\n`);
  // What V8 has put off is done before the next step, as in a server.
  await setImmediate();
}
