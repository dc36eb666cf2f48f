import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeModel } from '../src/onnx/encode-model.ts';
import type { Model } from '../src/onnx/model.ts';
import { CALIBRATION } from '../src/validate/memory/calibration.ts';
import type { Moment } from '../src/validate/memory/moments.ts';
import { processorOf } from '../src/validate/memory/processor.ts';
import { simulateRun } from '../src/validate/memory/simulate-run.ts';
import { Unknowns } from '../src/validate/memory/unknowns.ts';
import { RUNTIME_ENVIRONMENT, sessionOptions } from '../src/validate/runtime/session-options.ts';
import { inferShapes } from '../src/validate/shapes/infer-shapes.ts';
import { model, node } from '../test/support/model-builder.ts';
import { childProgram } from './child-program.ts';
import { CONTRIB_CASES } from './contrib-kernel-cases.ts';
import { argument } from './figures.ts';
import { FURTHER_CASES } from './further-kernel-cases.ts';
import { KERNEL_CASES, type KernelCase } from './kernel-cases.ts';
import type { Trial } from './kernel-child.ts';
import { SELDOM_CASES } from './seldom-kernel-cases.ts';

/**
 * Holds the rules for what kernels take beside their outputs against what they take: models of one kernel each, run twice, every block
 * that is mapped meanwhile as strace sees it. The runtime's environment maps blocks of 64 KiB and more one by one. Of a third run
 * /proc tells how far the process grew: less where the kernel makes room that it does not write to, or the heap still has room.
 *
 *     tsx bench/kernel-scratch.ts --runtime FOLDER [--node BINARY] [--only DFT,STFT]
 */
const runtimeFolder = argument('runtime') ?? '';
const nodeBinary = argument('node') ?? process.execPath;
const only = argument('only')?.split(',');
/** What a first run makes besides, such as the runtime's own lists. */
const SLACK_BYTES = 262_144;
/** By more than this a rule asks for too much. */
const MUCH = 1.2;
const folder = mkdtempSync(join(tmpdir(), 'plimsoll-kernels-'));

try {
  const program = await childProgram({ source: './kernel-child.ts', folder, runtimeFolder });
  const cases = [...KERNEL_CASES, ...FURTHER_CASES, ...SELDOM_CASES, ...CONTRIB_CASES].filter(
    ({ node }) => !only || only.some((name) => node.includes(`${name}(`)),
  );
  const built = cases.map(modelOf);
  const measured = measure(cases, built, program);
  for (const [place, each] of cases.entries()) tell(each, built[place] as Model, measured[place] ?? 'nothing was said');
} finally {
  rmSync(folder, { recursive: true });
}

/** Outputs are intermediate values here, of which only the shape goes out: what the binding copies is not in the way. */
function modelOf({ node: text, attributes, inputs, weights, opset = 20 }: KernelCase): Model {
  const kernel = node(text, attributes);
  const results = kernel.outputs.filter((name) => name !== '');
  return model({
    irVersion: opset > 22 ? 11 : 10,
    opsets: { 'ai.onnx': opset, 'ai.onnx.ml': 5, 'com.microsoft': 1 },
    inputs,
    outputs: results.map((name) => `int64[?] ${name}_shape`),
    nodes: [kernel, ...results.map((name) => node(`${name}_shape = Shape(${name})`))],
    initializers: weights ?? [],
  });
}

function tell(kernelCase: KernelCase, built: Model, measured: Measured | string): void {
  const title = `${kernelCase.node} ${JSON.stringify(kernelCase.attributes ?? {})} ${kernelCase.inputs.join('; ')}`;
  if (typeof measured === 'string') {
    console.log(title.slice(0, 120).padEnd(120), measured.slice(0, 200));
    return;
  }
  const unknowns = new Unknowns();
  const { first } = simulateRun({
    shaped: inferShapes(built),
    symbolic: undefined,
    settings: {
      threads: CALIBRATION.threads,
      prepacked: false,
      inBlocks: false,
      processor: processorOf(CALIBRATION.combination.processor),
    },
    unknowns,
  });
  const expected = first.at(0);
  const scratch = measured.mapped - expected.activationBytes;
  const touched = measured.touched - expected.activationBytes;
  const rule = unknowns.isEmpty ? String(expected.scratchBytes) : 'unknown';
  console.log(
    title.slice(0, 120).padEnd(120),
    `outputs ${expected.activationBytes}, beside them ${scratch}, touched ${touched}, by rule ${rule}`,
    unknowns.isEmpty ? judgement(expected, kernelCase.makesSpareRoom ? touched : scratch) : '',
  );
}

function judgement({ activationBytes, scratchBytes }: Moment, scratch: number): string {
  if (scratchBytes < scratch - SLACK_BYTES) return 'UNDER';
  return activationBytes + scratchBytes > MUCH * (activationBytes + scratch) + SLACK_BYTES ? 'over' : '';
}

/** The most at one time, in bytes. */
interface Measured {
  readonly mapped: number;
  /** As pages. */
  readonly touched: number;
}

/** For each model, in a process of its own, or why that is not known. */
function measure(
  cases: readonly KernelCase[],
  built: readonly Model[],
  program: string,
): readonly (Measured | string)[] {
  const list = join(folder, 'trials.json');
  const trials = built.map(({ graph }, place): Trial => {
    const path = join(folder, `${place}.onnx`);
    writeFileSync(path, encodeModel(built[place] as Model));
    const inputs = graph.inputs.map(({ name, type }) => {
      if (type?.kind !== 'tensor') throw new Error(`${name} is no tensor`);
      const upTo = cases[place]?.upTo?.[name];
      return { name, elementType: type.elementType, dims: (type.shape ?? []).map(Number), ...(upTo && { upTo }) };
    });
    return { path, inputs, outputs: graph.outputs.map(({ name }) => name) };
  });
  writeFileSync(list, JSON.stringify(trials));
  return trials.map((_, place) => run(list, place, program));
}

function run(list: string, place: number, program: string): Measured | string {
  const trace = join(folder, 'trace');
  const options = { ...sessionOptions('lean'), enableMemPattern: false, intraOpNumThreads: CALIBRATION.threads };
  spawnSync(
    'strace',
    [
      ...['-f', '-qq', '-s', '400', '-e', 'trace=mmap,munmap,mremap,brk,write', '-o', trace, nodeBinary, program],
      ...[list, String(place), JSON.stringify(options)],
    ],
    { env: { ...process.env, ...RUNTIME_ENVIRONMENT }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const told = readFileSync(trace, 'latin1');
  const mapped = peakOf(told);
  return typeof mapped === 'string' ? mapped : { mapped, touched: Number(/#touched (\d+)/.exec(told)?.[1]) };
}

/** The most that was mapped at one time between the child's two lines, or why that is not known. */
function peakOf(trace: string): number | string {
  const live = new Map<string, number>();
  const unfinished = new Map<string, string>();
  let [held, peak, grownBy, isRunning] = [0, 0, 0, false];
  let heap: number | undefined;
  for (const line of trace.split('\n')) {
    const [, thread = '', rest = ''] = /^(\d+)\s+(.*)$/.exec(line) ?? [];
    const failed = /"#failed ((?:[^"\\]|\\.)*)"/.exec(rest);
    if (failed) return failed[1] ?? '';
    if (rest.includes('"#end')) return peak;
    const start = /^brk\(\w+\)\s*= (0x\w+)/.exec(rest);
    if (!isRunning && start) heap = Number(start[1]);
    if (rest.includes('"#begin')) isRunning = true;
    if (!isRunning) continue;
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(rest);
    const call = resumed ? `${unfinished.get(thread) ?? ''}${resumed[1]}` : rest;
    // An address may be given out anew before its giving back is told to be done.
    const freed = /^munmap\((0x\w+), \d+/.exec(rest)?.[1];
    if (freed !== undefined) {
      held -= live.get(freed) ?? 0;
      live.delete(freed);
      continue;
    }
    if (call.endsWith('<unfinished ...>')) {
      unfinished.set(thread, call.slice(0, -'<unfinished ...>'.length));
      continue;
    }
    const broken = /^brk\(\w+\)\s*= (0x\w+)/.exec(call);
    if (broken) {
      // The heap is trimmed as it is grown: what it has grown by is what small blocks take.
      heap ??= Number(broken[1]);
      grownBy = Number(broken[1]) - heap;
      peak = Math.max(peak, held + grownBy);
    }
    const mapped = /^mmap\(NULL, (\d+), PROT_READ\|PROT_WRITE, MAP_PRIVATE\|MAP_ANONYMOUS, -1, 0\)\s*= (0x\w+)/.exec(
      call,
    );
    const grown = /^mremap\((0x\w+), \d+, (\d+), \w+\)\s*= (0x\w+)/.exec(call);
    if (grown?.[1] !== undefined) {
      held -= live.get(grown[1]) ?? 0;
      live.delete(grown[1]);
    }
    const [address, bytes] = mapped ? [mapped[2], mapped[1]] : grown ? [grown[3], grown[2]] : [];
    if (address === undefined) continue;
    live.set(address, Number(bytes));
    held += Number(bytes);
    peak = Math.max(peak, held + grownBy);
  }
  return 'it ended the process';
}
