import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeModel } from '../src/onnx/encode-model.ts';
import type { Model } from '../src/onnx/model.ts';
import { CALIBRATION } from '../src/validate/memory/calibration.ts';
import { processorOf } from '../src/validate/memory/processor.ts';
import { type Moment, simulateRun } from '../src/validate/memory/simulate-run.ts';
import { Unknowns } from '../src/validate/memory/unknowns.ts';
import { RUNTIME_ENVIRONMENT, sessionOptions } from '../src/validate/runtime/session-options.ts';
import { inferShapes } from '../src/validate/shapes/infer-shapes.ts';
import { model, node } from '../test/support/model-builder.ts';
import { childProgram } from './child-program.ts';
import { argument } from './figures.ts';
import { KERNEL_CASES, type KernelCase } from './kernel-cases.ts';

/**
 * Holds the rules for what kernels take beside their outputs against what they take: models of one kernel each, run twice, every block
 * that is mapped meanwhile as strace sees it. The runtime's environment maps blocks of 64 KiB and more one by one.
 *
 *     tsx bench/kernel-scratch.ts --runtime FOLDER [--node BINARY] [--only DFT,STFT]
 */
const runtimeFolder = argument('runtime') ?? '';
const nodeBinary = argument('node') ?? process.execPath;
const only = argument('only')?.split(',');
/** Blocks below 64 KiB are not seen. */
const SLACK_BYTES = 65536;
const folder = mkdtempSync(join(tmpdir(), 'plimsoll-kernels-'));

try {
  const program = await childProgram({ source: './kernel-child.ts', folder, runtimeFolder });
  for (const kernelCase of KERNEL_CASES) {
    if (only && !only.some((name) => kernelCase.node.includes(`${name}(`))) continue;
    try {
      tell(kernelCase, program);
    } catch (error) {
      console.log(kernelCase.node, error instanceof Error ? error.message.slice(0, 300) : error);
    }
  }
} finally {
  rmSync(folder, { recursive: true });
}

/** Outputs are intermediate values here, of which only the shape goes out: what the binding copies is not in the way. */
function modelOf({ node: text, attributes, inputs, weights }: KernelCase): Model {
  const kernel = node(text, attributes);
  const results = kernel.outputs.filter((name) => name !== '');
  return model({
    opsets: { 'ai.onnx': 20, 'com.microsoft': 1 },
    inputs,
    outputs: results.map((name) => `int64[?] ${name}_shape`),
    nodes: [kernel, ...results.map((name) => node(`${name}_shape = Shape(${name})`))],
    initializers: weights ?? [],
  });
}

function tell(kernelCase: KernelCase, program: string): void {
  const built = modelOf(kernelCase);
  const unknowns = new Unknowns();
  const { first } = simulateRun({
    shaped: inferShapes(built),
    symbolic: undefined,
    settings: {
      threads: CALIBRATION.threads,
      prepacked: false,
      processor: processorOf(CALIBRATION.combination.processor),
    },
    unknowns,
  });
  const expected = first[0] as Moment;
  const measured = measure(built, program);
  const scratch = measured - expected.activationBytes;
  console.log(
    `${kernelCase.node} ${kernelCase.inputs.join('; ')}`.padEnd(100),
    `outputs ${expected.activationBytes}, beside them ${scratch}, by rule ${unknowns.isEmpty ? expected.scratchBytes : 'unknown'}`,
    unknowns.isEmpty && expected.scratchBytes < scratch - SLACK_BYTES ? 'UNDER' : '',
  );
}

/** The most that was mapped at one time between the child's two lines. */
function measure(built: Model, program: string): number {
  const path = join(folder, 'model.onnx');
  const trace = join(folder, 'trace');
  writeFileSync(path, encodeModel(built));
  const inputs = built.graph.inputs.map(({ name, type }) => {
    if (type?.kind !== 'tensor') throw new Error(`${name} is no tensor`);
    return { name, elementType: type.elementType, dims: type.shape };
  });
  const options = { ...sessionOptions('lean'), enableMemPattern: false, intraOpNumThreads: CALIBRATION.threads };
  const outputs = built.graph.outputs.map(({ name }) => name);
  execFileSync(
    'strace',
    [
      ...['-f', '-qq', '-e', 'trace=mmap,munmap,mremap,write', '-o', trace, nodeBinary, program, path],
      ...[inputs, outputs, options].map((part) => JSON.stringify(part)),
    ],
    { env: { ...process.env, ...RUNTIME_ENVIRONMENT }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  return peakOf(readFileSync(trace, 'latin1'));
}

function peakOf(trace: string): number {
  const live = new Map<string, number>();
  const unfinished = new Map<string, string>();
  let [held, peak, isRunning] = [0, 0, false];
  for (const line of trace.split('\n')) {
    const [, thread = '', rest = ''] = /^(\d+)\s+(.*)$/.exec(line) ?? [];
    if (rest.includes('"#begin')) isRunning = true;
    if (rest.includes('"#end')) break;
    if (!isRunning) continue;
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(rest);
    const call = resumed ? `${unfinished.get(thread) ?? ''}${resumed[1]}` : rest;
    if (call.endsWith('<unfinished ...>')) {
      unfinished.set(thread, call.slice(0, -'<unfinished ...>'.length));
      continue;
    }
    const mapped = /^mmap\(NULL, (\d+), PROT_READ\|PROT_WRITE, MAP_PRIVATE\|MAP_ANONYMOUS, -1, 0\)\s*= (0x\w+)/.exec(
      call,
    );
    const freed = /^munmap\((0x\w+), (\d+)\)/.exec(call);
    if (mapped) {
      live.set(mapped[2] ?? '', Number(mapped[1]));
      held += Number(mapped[1]);
      peak = Math.max(peak, held);
    } else if (freed) {
      held -= live.get(freed[1] ?? '') ?? 0;
      live.delete(freed[1] ?? '');
    }
  }
  return peak;
}
