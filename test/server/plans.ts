import type { MemoryTable, Plan, TensorSignature } from '../../schemas/plan.ts';
import { sessionOptions } from '../../src/validate/runtime/session-options.ts';

export type Port = readonly [
  name: string,
  elementType: TensorSignature['elementType'],
  shape: TensorSignature['shape'],
];

export interface PlanFacts {
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  readonly optionalInputs?: string[];
  readonly bounds?: Record<string, number>;
  readonly bodyBytes?: number;
  readonly queue?: number;
  readonly example?: NonNullable<Plan['example']>;
  /** Rows of the largest run; requests do not share one where it is left out. */
  readonly maxSize?: number;
  readonly maxDelayMs?: number;
  readonly concurrency?: number;
  readonly memory?: MemoryTable;
  readonly memoryBytes?: number;
  readonly environment?: Record<string, string>;
}

/** Stands for the digest of whatever fixture is served. */
export const NO_DIGEST = `sha256:${'0'.repeat(64)}`;

/** A plan as the packager writes it, for the model `model.onnx` beside it. */
export function makePlan(facts: PlanFacts): Plan {
  const tensor = ([name, elementType, shape]: Port): TensorSignature => ({ name, elementType, shape });
  return {
    schema: 'plimsoll.plan/1',
    name: 'model',
    version: '0123456789ab',
    model: {
      file: 'model.onnx',
      digest: NO_DIGEST,
      data: [],
      optionalInputs: facts.optionalInputs ?? [],
      inputs: facts.inputs.map(tensor),
      outputs: facts.outputs.map(tensor),
    },
    bounds: facts.bounds ?? {},
    profile: 'lean',
    environment: facts.environment ?? {},
    sessionOptions: { ...sessionOptions('lean', { form: 'original' }), intraOpNumThreads: 1, logSeverityLevel: 4 },
    limits: { bodyBytes: facts.bodyBytes ?? 2 ** 20, queue: facts.queue ?? 64 },
    batching:
      facts.maxSize === undefined
        ? { state: 'off', why: 'not in this test' }
        : { state: 'proven', maxSize: facts.maxSize, maxDelayMs: facts.maxDelayMs ?? 0, provenRows: [2] },
    concurrency: facts.concurrency ?? 1,
    memory: facts.memory ?? null,
    ...(facts.example ? { example: facts.example } : {}),
    memoryBytes: facts.memoryBytes ?? null,
  };
}

/** The model of fixture `two-by-two`: sums and products of two matrices with one batch size. */
export const TWO_BY_TWO: PlanFacts = {
  inputs: [
    ['a', 'float', ['batch', 3]],
    ['b', 'float', ['batch', 3]],
  ],
  outputs: [
    ['sum', 'float', ['batch', 3]],
    ['product', 'float', ['batch', 3]],
  ],
  bounds: { batch: 100 },
};

/** The model of fixture `slow`, which runs for as many rounds as it is told. */
export const SLOW: PlanFacts = { inputs: [['steps', 'int64', []]], outputs: [['y', 'float', [1]]] };

/** A request for the fixture `slow`; a step takes two or three microseconds. */
export function slowBody(steps: number): string {
  return `{"inputs":[{"name":"steps","datatype":"INT64","shape":[],"data":[${steps}]}]}`;
}

export function identity(elementType: TensorSignature['elementType']): PlanFacts {
  const shape = ['rows', 'columns'];
  return { inputs: [['x', elementType, shape]], outputs: [['y', elementType, shape]] };
}
