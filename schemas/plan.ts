import { z } from 'zod';

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
  /** Handed to the runtime as they are. */
  sessionOptions: z.record(z.string(), z.unknown()),
  limits: z.strictObject({
    /** Largest request body. */
    bodyBytes: z.number().int().positive(),
    /** Requests waiting for the model. */
    queue: z.number().int().positive(),
  }),
  /** Inputs of a request, as the Open Inference Protocol has them in JSON, for the warm-up to run on. */
  example: z.strictObject({ inputs: z.array(z.unknown()) }).optional(),
  /** The container's memory limit, where the user declared one. */
  memoryBytes: z.number().int().positive().nullable(),
});

export type Plan = z.infer<typeof Plan>;
export type TensorSignature = z.infer<typeof TensorSignature>;
