import * as z from 'zod';

/** The report as JSON (`plimsoll lint --format json`). Keys keep names and meanings within a version; what is not known is `null`. */

const Count = z.number().int().nonnegative();
const Bytes = Count;
const Measure = z.number().nonnegative();
const Platform = z.enum(['linux/amd64', 'linux/arm64']);
const Severity = z.enum(['error', 'warning', 'note']);

const Finding = z.object({
  rule: z.string(),
  severity: Severity,
  message: z.string().describe('What was found against what was wanted.'),
  mend: z.string(),
  location: z
    .object({
      file: z.string().optional(),
      graph: z.string().optional(),
      node: z.string().optional(),
      tensor: z.string().optional(),
      offset: Count.optional(),
    })
    .optional(),
});

const Port = z.object({
  name: z.string(),
  datatype: z.string(),
  shape: z.array(z.union([z.number().int(), z.string(), z.null()])).nullable(),
});

const Model = z.object({
  path: z.string(),
  digest: z.string().nullable(),
  bytes: Bytes,
  irVersion: Count,
  opsets: z.record(z.string(), Count),
  producer: z.string().nullable(),
  domain: z.string().nullable(),
  version: z.string(),
  parameters: Count,
  nodes: Count,
  inputs: z.array(Port.extend({ optional: z.boolean() })),
  outputs: z.array(Port),
  dynamicDimensions: z.array(
    z.object({ symbol: z.string().nullable(), places: z.array(z.object({ port: z.string(), axis: Count })) }),
  ),
  subgraphDepth: Count,
  functions: z.array(z.object({ name: z.string(), domain: z.string(), overload: z.string(), nodes: Count })),
  trainingGraphs: Count,
  metadataKeys: z.array(z.string()),
});

const MemoryVerdict = z.enum(['fits', 'fits-slow', 'does-not-fit', 'unknown', 'no-budget']);
const Profile = z.enum(['lean', 'fast']);
const LiveTensor = z.object({ name: z.string(), bytes: Measure });
const Unknown = z.object({ name: z.string(), why: z.string(), bounds: z.array(z.string()), declare: z.string() });

const MEMORY_NUMBERS = {
  createPeakBytes: Measure.nullable().describe('Unreclaimable, while the model is loaded.'),
  runPeakBytes: Measure.nullable().describe('Unreclaimable, while it runs at the bounds.'),
  unreclaimableBytes: Measure.nullable().describe('The larger one.'),
  upperBoundBytes: Measure.nullable().describe('What unreclaimable memory will not exceed.'),
  mappedBytes: Measure.nullable().describe('Mapped files, whose pages the system can take back.'),
  recommendedLimitBytes: Measure.nullable().describe('The container’s limit to set.'),
};

const Memory = z.object({
  verdict: MemoryVerdict,
  basis: z.enum(['plan', 'probe']).describe('Whose numbers the verdict rests on.'),
  limitBytes: Measure.nullable(),
  profile: Profile,
  bounds: z.record(z.string(), z.number()),
  workers: Count,
  queue: Count,
  ...MEMORY_NUMBERS,
  peak: z
    .object({
      phase: z.enum(['create', 'run']),
      node: z.object({ name: z.string(), operator: z.string(), graph: z.string() }).nullable(),
      liveTensors: z.array(LiveTensor),
    })
    .nullable(),
  breakdown: z.record(z.string(), Measure).nullable().describe('Parts of the peak; they add up to it.'),
  nextWorkerBytes: Measure.nullable(),
  unknownOperators: z.array(Unknown),
  unknownDimensions: z.array(Unknown),
  unknownValues: z.array(Unknown),
  largestBatch: z
    .object({
      dimension: z.string(),
      limitBytes: Measure,
      buckets: z.array(z.object({ bounds: z.record(z.string(), z.number()), largest: Count.nullable() })),
    })
    .nullable(),
  profiles: z.array(z.object({ profile: Profile, verdict: MemoryVerdict, ...MEMORY_NUMBERS })),
  remedies: z.array(
    z.object({
      kind: z.enum(['profile', 'bound', 'workers', 'queue', 'transport', 'split', 'quantize']),
      change: z.object({
        name: z.string(),
        from: z.union([z.string(), z.number()]),
        to: z.union([z.string(), z.number()]),
      }),
      text: z.string(),
      upperBoundBytes: Measure,
      recommendedLimitBytes: Measure,
      savedBytes: Measure,
    }),
  ),
  moments: z
    .array(
      z.object({
        node: z.string(),
        operator: z.string(),
        bytes: Measure,
        activationBytes: Measure,
        outputBytes: Measure,
        scratchBytes: Measure,
      }),
    )
    .describe('Node by node, in the order in which they run.'),
  calibration: z.object({
    node: z.string(),
    onnxruntime: z.string(),
    libc: z.string(),
    processor: z.string(),
  }),
  processors: z.array(
    z.object({ processor: z.string(), how: z.enum(['measured', 'bounded']), upperBoundBytes: Measure }),
  ),
  probe: z
    .object({
      place: z.enum(['container', 'cgroup']),
      cgroup: z.enum(['v1', 'v2']),
      limitBytes: Measure.nullable(),
      requests: Count,
      fed: z.enum(['bounds', 'case', 'warm-up']),
      createPeakBytes: Measure,
      runPeakBytes: Measure.nullable(),
      unreclaimableBytes: Measure,
      mappedBytes: Measure,
      plannedBytes: Measure.nullable(),
      agrees: z.boolean().nullable(),
    })
    .nullable()
    .describe('What the kernel counted when the packaged server ran.'),
  speed: z
    .object({
      rounds: Count,
      profiles: z.array(
        z.object({
          profile: Profile,
          ratio: z.number().nullable().describe('Null where the rounds lie too far apart to say.'),
          least: z.number(),
          most: z.number(),
        }),
      ),
    })
    .nullable()
    .describe('Time of a run as a multiple of that under the runtime’s default options, measured in turns.'),
});

export const ReportDocument = z.object({
  schema: z.literal('plimsoll.report/1'),
  tool: z.object({ name: z.string(), version: z.string() }),
  verdict: z.enum(['pass', 'fail', 'inconclusive']),
  model: Model,
  runtime: z.object({
    onnxruntime: z.string(),
    node: z.string(),
    platforms: z.array(Platform),
    asked: z.boolean().describe('Whether the runtime itself was asked.'),
  }),
  findings: z.array(Finding),
  suppressed: z.array(z.object({ finding: Finding, reason: z.string() })),
  operators: z.object({
    counts: z.record(z.string(), Count),
    parameters: z.record(z.string(), Count),
    parametersWithoutOperator: Count,
  }),
  memory: Memory.nullable(),
  sizes: z.object({
    modelBytes: Bytes,
    preparedBytes: Bytes.nullable(),
    imageBytes: z.partialRecord(Platform, Bytes).nullable(),
    budgets: z.object({ modelBytes: Bytes.nullable(), imageBytes: Bytes.nullable() }),
  }),
  lock: z
    .object({
      seal: z.string(),
      profile: Profile,
      parts: z.array(z.object({ name: z.string(), version: z.string() })),
      layers: z.array(z.object({ platform: Platform, name: z.string(), bytes: Bytes, digest: z.string() })),
    })
    .nullable()
    .describe('What the image is made of; null where there is no lock yet, or it was not looked at.'),
});

export type ReportDocument = z.infer<typeof ReportDocument>;
