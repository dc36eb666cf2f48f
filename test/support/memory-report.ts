import type { MemoryProbe, MemoryReport } from '../../src/nouns/memory-report.ts';
import type { Model } from '../../src/onnx/model.ts';
import { memoryFacts } from '../../src/validate/memory/memory-facts.ts';
import { memoryVerdict } from '../../src/validate/memory/memory-verdict.ts';
import { model, node, weight } from './model-builder.ts';

/** A small model whose memory is mostly intermediate values: 1 KiB for each row, several times over. */
export const WIDE_MODEL = model({
  inputs: ['float[batch,256] x'],
  outputs: ['float[batch,256] y'],
  nodes: [
    node('a = MatMul(x, w)', {}, { name: 'first' }),
    node('b = Relu(a)', {}, { name: 'second' }),
    node('y = Add(a, b)', {}, { name: 'last' }),
  ],
  initializers: [weight('float[256,256] w')],
});

export interface PlanWish {
  readonly model?: Model;
  readonly bounds?: Readonly<Record<string, number>>;
  readonly limitBytes?: number | null;
  readonly profile?: 'lean' | 'fast';
}

/** The memory of a report, planned for real. */
export function plannedMemory(wish: PlanWish = {}, parts: Partial<MemoryReport> = {}): MemoryReport {
  const { bounds = { batch: 1024 }, limitBytes = null, profile = 'lean' } = wish;
  const facts = memoryFacts({
    model: wish.model ?? WIDE_MODEL,
    bounds: new Map(Object.entries(bounds)),
    profile,
    transport: 'json',
    limitBytes,
  });
  return { ...facts, basis: 'plan', probe: null, speed: null, ...parts };
}

const MIB = 2 ** 20;

/** A report with the same numbers for ever: for pages and pictures that must not change with the planner's constants. */
export function fixedMemory(limitBytes: number | null, parts: Partial<MemoryReport> = {}): MemoryReport {
  const numbers = {
    createPeakBytes: 20 * MIB,
    runPeakBytes: 47 * MIB,
    unreclaimableBytes: 47 * MIB,
    upperBoundBytes: 53 * MIB,
    mappedBytes: 60 * MIB,
    recommendedLimitBytes: 148 * MIB,
  };
  const verdict = memoryVerdict({ state: 'known', ...numbers }, limitBytes);
  return {
    verdict,
    basis: 'plan',
    limitBytes,
    profile: 'lean',
    bounds: { batch: 1024 },
    workers: 1,
    queue: 0,
    ...numbers,
    peak: {
      phase: 'run',
      node: { name: 'second', operator: 'Relu', graph: '' },
      liveTensors: [
        { name: 'a', bytes: 12 * MIB },
        { name: 'b', bytes: 8 * MIB },
      ],
    },
    breakdown: {
      runtime: 18 * MIB,
      graph: 0,
      weights: 2 * MIB,
      packedWeights: 0,
      activations: 20 * MIB,
      kernelScratch: 2 * MIB,
      inputs: MIB,
      outputs: 0,
      copies: MIB,
      javascript: 3 * MIB,
      workers: 0,
    },
    nextWorkerBytes: 30 * MIB,
    unknownOperators: [],
    unknownDimensions: [],
    unknownValues: [],
    largestBatch:
      limitBytes === null
        ? null
        : { dimension: 'batch', limitBytes, buckets: [{ bounds: {}, largest: verdict === 'fits' ? 2048 : 0 }] },
    profiles: (['lean', 'fast'] as const).map((profile) => ({ profile, verdict, ...numbers })),
    remedies: [
      {
        kind: 'bound',
        change: { name: 'batch', from: 1024, to: 512 },
        text: 'bound batch to 512',
        upperBoundBytes: 43 * MIB,
        recommendedLimitBytes: 138 * MIB,
        savedBytes: 10 * MIB,
      },
    ],
    moments: [
      {
        node: 'first',
        operator: 'MatMul',
        bytes: 14 * MIB,
        activationBytes: 12 * MIB,
        outputBytes: 0,
        scratchBytes: 2 * MIB,
      },
      {
        node: 'second',
        operator: 'Relu',
        bytes: 22 * MIB,
        activationBytes: 20 * MIB,
        outputBytes: 0,
        scratchBytes: 2 * MIB,
      },
      {
        node: 'last',
        operator: 'Add',
        bytes: 21 * MIB,
        activationBytes: 12 * MIB,
        outputBytes: 9 * MIB,
        scratchBytes: 0,
      },
    ],
    calibration: { node: '24.0.0', onnxruntime: '1.30.0', libc: 'glibc', processor: 'x64' },
    processors: [],
    probe: null,
    speed: null,
    ...parts,
  };
}

/** As a probe leaves it that measured so much where so much was planned. */
export function probeOf(measured: number, planned: number | null): MemoryProbe {
  return {
    place: 'container',
    cgroup: 'v1',
    limitBytes: 256 * MIB,
    createPeakBytes: measured,
    runPeakBytes: measured,
    unreclaimableBytes: measured,
    mappedBytes: 64 * MIB,
    requests: 6,
    fed: 'bounds',
    plannedBytes: planned,
    agrees: planned === null ? null : Math.abs(measured - planned) <= Math.max(6e6, measured * 0.05),
  };
}
