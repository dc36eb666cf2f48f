import * as z from 'zod';

const Share = z.number().min(0, 'wanted a share between 0 and 1').max(1, 'wanted a share between 0 and 1');
const Measure = z.number().nonnegative('wanted a number that is not below zero');

/** How far an output may lie from what a case wants. */
export const ToleranceSetting = z
  .union([
    z.enum(['exact', 'classes', 'embedding']),
    z.strictObject({ top: z.number().int().positive(), agreement: Share.default(1) }),
    z.strictObject({ cosine: Share }),
    z.strictObject({ absolute: Measure.optional(), relative: Measure.optional() }),
  ])
  .describe(
    'exact; { absolute, relative }; { top: 5, agreement: 0.99 } for scores of classes, or classes for { top: 1 }; { cosine: 0.999 } or embedding.',
  );

export type ToleranceSetting = z.infer<typeof ToleranceSetting>;

const Columns = z.union([z.string().min(1), z.array(z.string().min(1)).min(1, 'wanted at least one column')]);

/** Rows of a table that the image is asked about. */
export const DataSetting = z.strictObject({
  file: z.string().min(1).describe('CSV with a header, Parquet or NPZ, relative to this file.'),
  inputs: z
    .record(z.string().min(1), Columns)
    .describe('For each input of the model the column, or the columns in their order; an array of an NPZ file.'),
  outputs: z
    .record(z.string().min(1), Columns)
    .optional()
    .describe('For outputs the columns with the answers that are wanted: the rows become cases.'),
});

export type DataSetting = z.infer<typeof DataSetting>;

const Milliseconds = z.number().positive('wanted a number of milliseconds above zero');
/** Who answers for what fails. */
export const Owners = z.strictObject({
  system: z.string().min(1).optional().describe('For image, server and limits: a name or an address.'),
  model: z.string().min(1).optional().describe('For what the model answers.'),
});

export type Owners = z.infer<typeof Owners>;

export const VerifySettings = z
  .strictObject({
    tolerances: z
      .record(z.string().min(1), ToleranceSetting)
      .default({})
      .describe('By output, over those of the cases.'),
    data: z.array(DataSetting).default([]).describe('Tables of rows, with the answers or labels that belong to them.'),
    generated: z.boolean().default(true).describe('Whether made-up inputs are tried too.'),
    timeoutMs: Milliseconds.default(30_000).describe('How long an answer may take.'),
  })
  .prefault({})
  .describe('What plimsoll verify asks the built image.');

export type VerifySettings = z.infer<typeof VerifySettings>;
