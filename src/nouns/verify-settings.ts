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

const METRIC_NAME =
  /^(accuracy|balancedAccuracy|f1|logLoss|auc|calibrationError|rmse|mae|r2|(recall|ndcg)@[1-9]\d{0,5})$/;

const MetricSetting = z.strictObject({
  min: z.number().optional().describe('Least value.'),
  max: z.number().optional().describe('Largest value.'),
  slices: z.boolean().default(false).describe('Whether the threshold holds in every slice too.'),
  worse: z
    .number()
    .nonnegative('wanted a number that is not below zero')
    .optional()
    .describe('By how much it may be worse than the released model’s, overall and in every slice; 0 by default.'),
});

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
  label: Columns.optional().describe('The column with the true class or value; for metrics.'),
  prediction: z.string().min(1).optional().describe('The output with the predicted class or value.'),
  scores: z.string().min(1).optional().describe('The output with a score for each class.'),
  classes: z
    .array(z.union([z.string(), z.number(), z.boolean()]))
    .min(2, 'wanted at least two classes')
    .optional()
    .describe('What the places of the scores mean; the labels in their order by default.'),
  query: z.string().min(1).optional().describe('The column that says which rows are ranked together.'),
  slices: z.array(z.string().min(1)).default([]).describe('Columns whose values metrics are told apart by.'),
  metrics: z
    .record(
      z
        .string()
        .regex(
          METRIC_NAME,
          'wanted accuracy, balancedAccuracy, f1, logLoss, auc, calibrationError, rmse, mae, r2, recall@K or ndcg@K',
        ),
      MetricSetting,
    )
    .default({})
    .describe('What is measured, and what it must come to.'),
});

export type DataSetting = z.infer<typeof DataSetting>;
export type MetricSetting = z.infer<typeof MetricSetting>;

const Milliseconds = z.number().positive('wanted a number of milliseconds above zero');
const Rate = z.number().positive('wanted a number above zero').max(1e6, 'wanted at most a million');

export const LatencyBudget = z
  .strictObject({
    p50Ms: Milliseconds.optional().describe('Largest median.'),
    p99Ms: Milliseconds.describe('What 99 of 100 requests must be answered within.'),
    at: Rate.describe('Rows a second that come in.'),
    rows: z.number().int().positive().default(1).describe('Rows of a request.'),
  })
  .describe('Answering times at a load; plimsoll verify measures them.');

export const ThroughputBudget = z
  .strictObject({
    rowsPerSecond: Rate.describe('Rows a second that must be answered.'),
    rows: z.number().int().positive().default(1).describe('Rows of a request.'),
  })
  .describe('What must be answered in a second; plimsoll verify measures it.');

export type LatencyBudget = z.infer<typeof LatencyBudget>;
export type ThroughputBudget = z.infer<typeof ThroughputBudget>;

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
    processors: z
      .boolean()
      .default(true)
      .describe('Whether images for other processors are compared with this machine’s, where the engine can run them.'),
    timeoutMs: Milliseconds.default(30_000).describe('How long an answer may take.'),
  })
  .prefault({})
  .describe('What plimsoll verify asks the built image.');

export type VerifySettings = z.infer<typeof VerifySettings>;
