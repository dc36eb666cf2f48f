import * as z from 'zod';

/**
 * The verdict on a built image (`plimsoll verify --format json`, and the file that is kept beside the lock). Keys keep names and
 * meanings within a version; what is not known is `null`.
 */

const Count = z.number().int().nonnegative();
const Measure = z.number();
const Outcome = z.enum(['pass', 'fail', 'inconclusive']);

const Owner = z.enum(['system', 'numeric', 'statistical', 'inconclusive']);
const Cause = z.enum(['image', 'runtime', 'model', 'limit', 'server', 'machine']);

const Smallest = z.object({
  rows: Count.nullable().describe('Rows of the smallest request that shows it.'),
  requests: Count.describe('How many requests at a time it takes.'),
  file: z.string().nullable().describe('Body of that request, relative to the folder of the verdict.'),
  command: z.string().describe('A line for a shell that shows it, against the server at 127.0.0.1:8080.'),
});

const Failure = z.object({
  check: z.string().describe('Which check failed.'),
  what: z.string().describe('Stable identifier of what went wrong, such as `wrong-answer`.'),
  owner: Owner,
  cause: Cause.nullable().describe('What is at fault, as far as that could be told apart.'),
  responsible: z.string().nullable().describe('Who answers for it, by the key `owners`.'),
  case: z.string().nullable(),
  output: z.string().nullable(),
  message: z.string(),
  mend: z.string(),
  evidence: z.array(z.string()).describe('What was compared with what, and what came of it.'),
  missing: z.string().nullable().describe('Where it is inconclusive: what was missing.'),
  smallest: Smallest.nullable(),
});

const Interval = z.object({ low: Measure, high: Measure, confidence: Measure });

const Estimate = z.object({
  rows: Count,
  value: Measure.nullable().describe('`null` where the rows do not define it, such as AUC of one class.'),
  interval: Interval.nullable().describe('By bootstrap over rows.'),
  replicates: z.array(Measure.nullable()).nullable().describe('What the resampled rows gave; in the kept file alone.'),
});

const Metric = z.object({
  data: z.string().describe('The file of labelled rows.'),
  dataDigest: z.string(),
  output: z.string(),
  metric: z.string(),
  better: z.enum(['higher', 'lower']),
  overall: Estimate,
  slices: z.array(Estimate.extend({ column: z.string(), value_of_column: z.string() })),
  worst: z.object({ column: z.string(), value_of_column: z.string() }).nullable(),
  threshold: z.object({ min: Measure.nullable(), max: Measure.nullable(), slices: z.boolean() }).nullable(),
  released: z
    .object({
      value: Measure,
      difference: Measure.nullable(),
      interval: Interval.nullable(),
      allowed: Measure,
    })
    .nullable(),
  outcome: Outcome.describe('`pass` where nothing is demanded of it.'),
});

const Load = z.object({
  budget: z.enum(['latency', 'throughput']),
  rowsPerSecond: Measure,
  rowsPerRequest: Count,
  rounds: z.array(
    z.object({
      requests: Count,
      failed: Count,
      p50Ms: Measure,
      p99Ms: Measure,
      largestMs: Measure,
      rowsPerSecond: Measure.describe('Answered.'),
    }),
  ),
  limits: z.object({ p50Ms: Measure.nullable(), p99Ms: Measure.nullable(), rowsPerSecond: Measure.nullable() }),
  noise: z.object({ timerP99Ms: Measure, spread: Measure, sendLateP99Ms: Measure, isNoisy: z.boolean() }),
  outcome: Outcome,
});

export const VerdictDocument = z.object({
  schema: z.literal('plimsoll.verdict/1'),
  tool: z.object({ name: z.string(), version: z.string() }),
  verdict: Outcome,
  image: z.object({
    name: z.string(),
    digest: z.string().nullable().describe('Of the index, or of the one manifest.'),
    manifest: z.string().nullable(),
    config: z.string(),
    platform: z.string(),
    lock: z.string().nullable(),
  }),
  model: z.object({ name: z.string(), version: z.string() }),
  runtime: z.object({ onnxruntime: z.string(), node: z.string() }),
  place: z.object({
    kind: z.enum(['container', 'cgroup', 'process']),
    limitBytes: Measure.nullable(),
    limitHeld: z.boolean().describe('Whether the kernel held it to the limit.'),
    network: z.enum(['none', 'open']),
    readOnly: z.boolean(),
    why: z.string().nullable().describe('Why it was not a container.'),
  }),
  owners: z.object({ system: z.string().nullable(), model: z.string().nullable() }),
  tolerances: z.array(
    z.object({
      output: z.string(),
      datatype: z.string(),
      rule: z.string(),
      from: z.enum(['configuration', 'case', 'default']),
    }),
  ),
  checks: z.array(
    z.object({
      name: z.string(),
      outcome: z.enum(['pass', 'fail', 'inconclusive', 'skipped']),
      count: Count.describe('Requests, rows or figures that were judged.'),
      note: z.string(),
    }),
  ),
  failures: z.array(Failure),
  metrics: z.array(Metric),
  load: z.array(Load),
});

export type VerdictDocument = z.infer<typeof VerdictDocument>;
