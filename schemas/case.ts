import * as z from 'zod';

/** Element types as the Open Inference Protocol writes them. */
export const DATATYPES = [
  'BOOL',
  'UINT8',
  'UINT16',
  'UINT32',
  'UINT64',
  'INT8',
  'INT16',
  'INT32',
  'INT64',
  'FP16',
  'FP32',
  'FP64',
  'BYTES',
] as const;

const CaseTensor = z.strictObject({
  name: z.string().min(1),
  datatype: z.enum(DATATYPES),
  shape: z.array(z.number().int().nonnegative()),
  /** Row-major and flat; 64-bit integers beyond 2^53 as strings of digits; "NaN", "Infinity" and "-Infinity" among floats. */
  data: z.array(z.union([z.number(), z.string(), z.boolean()])),
});

const Tolerance = z.strictObject({
  absolute: z.number().nonnegative().optional(),
  relative: z.number().nonnegative().optional(),
});

/** A case: inputs, and the answers that the original framework gave. Tensors are written as in a request for inference. */
export const Case = z.strictObject({
  schema: z.literal('plimsoll.case/1'),
  name: z.string().min(1),
  inputs: z.array(CaseTensor).min(1),
  outputs: z.array(CaseTensor),
  /** By output; what is not named must be equal. */
  tolerance: z.record(z.string(), Tolerance).optional(),
});

export type Case = z.infer<typeof Case>;
export type CaseTensor = z.infer<typeof CaseTensor>;
export type Datatype = (typeof DATATYPES)[number];
