import * as z from 'zod';

/**
 * `plan.json`: what the packager tells the server in the image. The only thing that both know; the server imports its type,
 * the packager validates with it.
 */

/** Element types that the runtime's Node binding carries, by ONNX name. It names 4-bit ones too, but aborts the process on them. */
export const SERVED_TYPES = [
  'float',
  'double',
  'float16',
  'int8',
  'uint8',
  'int16',
  'uint16',
  'int32',
  'uint32',
  'int64',
  'uint64',
  'bool',
  'string',
] as const;

const TensorSignature = z.strictObject({
  name: z.string(),
  elementType: z.enum(SERVED_TYPES),
  /** Outermost first: a size, a symbol, or `null` where the model does not say; `null` for the whole where the rank is open. */
  shape: z.array(z.union([z.number().int().nonnegative(), z.string(), z.null()])).nullable(),
});

/** Whether requests may share a run, as the packager proved it with the model that ships. */
const Batching = z.discriminatedUnion('state', [
  z.strictObject({
    state: z.literal('proven'),
    /** Rows of the largest run. */
    maxSize: z.number().int().positive(),
    /** How long the first row may wait for others. */
    maxDelayMs: z.number().nonnegative(),
    /** The proof: runs of so many rows each answered as their rows one by one do. */
    provenRows: z.array(z.number().int().positive()),
  }),
  z.strictObject({ state: z.literal('off'), why: z.string() }),
]);

/** The packager's memory plan as the server needs it: what a run takes, for each size of what the model leaves open. */
export const MemoryTable = z.strictObject({
  /** Unreclaimable, with the model loaded and nothing running, after hundreds of requests. */
  idleBytes: z.number().int().nonnegative(),
  /** Of that, what a session holds of the model: where threads have sessions of their own, the one that takes requests in has none. */
  modelBytes: z.number().int().nonnegative(),
  /** Unreclaimable, while the model is loaded. */
  createPeakBytes: z.number().int().nonnegative(),
  /** What one more thread with a session of its own adds. */
  workerBytes: z.number().int().nonnegative(),
  /** Files that are mapped and touched. */
  mappedBytes: z.number().int().nonnegative(),
  /** What was measured lies this much around the figures: a share of them, and so many bytes. */
  marginFactor: z.number().nonnegative(),
  marginBytes: z.number().int().nonnegative(),
  /** The container's limit at which everything fits at the bounds. */
  recommendedLimitBytes: z.number().int().nonnegative(),
  /** The open dimensions, each with the sizes that were planned for, ascending; the last is its bound. */
  axes: z.array(
    z.strictObject({
      name: z.string(),
      /** Where a request shows its size. */
      input: z.string(),
      axis: z.number().int().nonnegative(),
      sizes: z.array(z.number().int().positive()).min(1),
    }),
  ),
  /** Which of the axes counts rows; `null` where none does. */
  rowsAxis: z.number().int().nonnegative().nullable(),
  /** What a run takes beside its inputs, for each combination of sizes, the last axis varying fastest; never falls along an axis. */
  runBytes: z.array(z.number().int().nonnegative()),
});

export type MemoryTable = z.infer<typeof MemoryTable>;

export const Plan = z.strictObject({
  schema: z.literal('plimsoll.plan/1'),
  name: z.string(),
  /** Served as the model's version: the first twelve hexadecimal digits of the source model's digest. */
  version: z.string(),
  model: z.strictObject({
    /** Relative to the plan's own folder. */
    file: z.string(),
    digest: z.string(),
    /** External data of the model that ships, relative to the plan's folder. */
    data: z.array(z.strictObject({ file: z.string(), digest: z.string(), bytes: z.number() })),
    /** Inputs that the model lists but that also have a default and may be left out of a request. */
    optionalInputs: z.array(z.string()),
    inputs: z.array(TensorSignature),
    outputs: z.array(TensorSignature),
  }),
  /** Largest size for each symbol that the user settled, for the warm-up and for refusing what cannot fit. */
  bounds: z.record(z.string(), z.number().int().positive()),
  /** How the model is loaded: `lean` for the least memory, `fast` for the least time. */
  profile: z.enum(['lean', 'fast']),
  /** Whether `lean` lays out the filters of some convolutions in memory, as the plan counts on; not if not given. */
  holdsFilters: z.boolean().optional(),
  /** Handed to the runtime as they are. */
  sessionOptions: z.record(z.string(), z.unknown()),
  /** Variables that the memory plan counts on; the server looks whether it has them. */
  environment: z.record(z.string(), z.string()),
  limits: z.strictObject({
    /** Largest request body. */
    bodyBytes: z.number().int().positive(),
    /** Requests waiting for the model. */
    queue: z.number().int().positive(),
  }),
  batching: Batching,
  /** Runs at a time, of a model that is too heavy for the thread that takes requests in. */
  concurrency: z.number().int().positive(),
  /** `null` where the model or its open dimensions cannot be planned. */
  memory: MemoryTable.nullable(),
  /** Inputs of a request, as the Open Inference Protocol has them in JSON, for the warm-up to run on. */
  example: z.strictObject({ inputs: z.array(z.unknown()) }).optional(),
  /** The container's memory limit, where the user declared one. */
  memoryBytes: z.number().int().positive().nullable(),
});

export type Plan = z.infer<typeof Plan>;
export type TensorSignature = z.infer<typeof TensorSignature>;
