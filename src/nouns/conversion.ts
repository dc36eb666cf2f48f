import * as z from 'zod';
import { type Digest, isDigest } from './digest.ts';

const DigestText = z.custom<Digest>((value) => typeof value === 'string' && isDigest(value), 'wanted a digest');

export const CONVERSION_SCHEMA = 'plimsoll.conversion/1';

/**
 * What is kept beside a converted model, and committed with it: what it was made from and by what, and how far its answers lie from
 * the original's. A model that does not belong to its source any more is told by it.
 */
export const Conversion = z.strictObject({
  schema: z.literal(CONVERSION_SCHEMA),
  /** Raised when what a converter writes changes. */
  converter: z.number().int(),
  framework: z.strictObject({ name: z.string(), version: z.string() }),
  /** The way that it went. */
  route: z.string(),
  /** Ways that were tried before and fell, and why. */
  failedRoutes: z.array(z.strictObject({ route: z.string(), reason: z.string() })),
  opsets: z.record(z.string(), z.number().int()),
  /** Of the source, the samples and the list of packages. */
  inputs: z.record(z.string(), DigestText),
  /** Of the ONNX file. */
  model: DigestText,
  samples: z.enum(['given', 'made']),
  parity: z.array(
    z.strictObject({
      output: z.string(),
      elements: z.number().int(),
      largestAbsolute: z.number(),
      largestRelative: z.number(),
      /** Labels that differ. */
      flips: z.number().int(),
      /** How sure the original was of the surest label that differs, in its own scores. */
      flipMargin: z.number().nullable(),
    }),
  ),
  float32Cost: z.strictObject({ largest: z.number(), flips: z.number().int() }).nullable(),
});

export type Conversion = z.infer<typeof Conversion>;
