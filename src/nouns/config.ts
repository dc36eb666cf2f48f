import * as z from 'zod';
import { BaseName } from './base-name.ts';
import { BYTE_SIZE_EXAMPLE, parseByteSize } from './byte-size.ts';
import { ModelSource } from './model-source.ts';
import { OperatorBudget } from './operator-budget.ts';
import { ALL_PLATFORMS, type Platform } from './platform.ts';
import { RULE_SETTINGS } from './rule-settings.ts';
import { LatencyBudget, Owners, ThroughputBudget, VerifySettings } from './verify-settings.ts';

/** The versions that go into an image unless the configuration says otherwise. */
export const DEFAULT_RUNTIME = { onnxruntime: '1.30.0', node: '24.21.0' } as const;

const ByteSize = z
  .unknown()
  .transform((value, context) => {
    const result = parseByteSize(value);
    if (result.ok) return result.bytes;
    context.addIssue({ code: 'custom', message: result.why });
    return z.NEVER;
  })
  .meta({ type: 'string', description: `A size with its unit, ${BYTE_SIZE_EXAMPLE}.` });

const Version = z
  .string()
  .regex(/^\d+\.\d+\.\d+$/, 'wanted an exact version such as 24.21.0, in quotes where YAML would read a number');

const PositiveInteger = z.number().int('wanted a whole number').positive('wanted a number above zero');

/** Names become image names: the OCI distribution specification's path component. */
const Name = z
  .string()
  .max(128, 'wanted at most 128 characters')
  .regex(
    /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/,
    'wanted lower-case letters and digits, with single dots, dashes or underscores between them',
  );

const ArchiveAddress = z.string().url('wanted the address of an archive of Debian packages');

/** `plimsoll.yaml`. Strict: an unknown key is an error, since a misspelt budget would otherwise gate nothing. */
export const Config = z.strictObject({
  name: Name.optional().describe('Name of the image and of the served model; the folder’s name by default.'),
  model: z
    .union([z.string().min(1), ModelSource])
    .describe('The ONNX file, relative to this file; or what it is made from.'),
  bounds: z
    .record(z.string().min(1), PositiveInteger)
    .default({})
    .describe(
      'Largest size of each dimension that the model leaves open: by its symbol, or as value[axis]; input[letters] for texts.',
    ),
  budget: z
    .strictObject({
      memory: ByteSize.optional().describe('Memory limit of the container.'),
      image: ByteSize.optional().describe('Largest compressed image for one platform.'),
      model: ByteSize.optional().describe('Largest model, external data included.'),
      operators: OperatorBudget.optional().describe('What the model may be made of.'),
      latency: LatencyBudget.optional(),
      throughput: ThroughputBudget.optional(),
    })
    .prefault({}),
  serve: z
    .strictObject({
      profile: z
        .enum(['auto', 'lean', 'fast'])
        .default('auto')
        .describe('lean: least memory; fast: least latency; auto: fast where its plan fits budget.memory, else lean.'),
      concurrency: PositiveInteger.max(64)
        .default(1)
        .describe('Runs at a time of a model that takes long, each on a thread with a session of its own.'),
      batching: z
        .strictObject({
          maxSize: PositiveInteger.max(65536)
            .optional()
            .describe('Rows of the largest run; the bound of the batch dimension, or else 32, by default.'),
          maxDelayMs: z
            .number()
            .min(0, 'wanted a number of milliseconds')
            .max(10_000, 'wanted at most ten seconds')
            .default(0)
            .describe('How long the first row of a run may wait for others.'),
        })
        .prefault({})
        .describe('Joining requests into runs, where the model was proven to allow it.'),
      queue: PositiveInteger.max(65536).default(256).describe('Requests that may wait; more are refused.'),
      maxBody: ByteSize.optional().describe('Largest request body; 32MiB by default.'),
    })
    .prefault({}),
  cases: z
    .string()
    .min(1)
    .optional()
    .describe('Folder of cases, JSON or ONNX test data: inputs and the answers that the original framework gave.'),
  verify: VerifySettings,
  owners: Owners.default({}).describe('Who answers for what plimsoll verify finds.'),
  platforms: z
    .array(z.enum(ALL_PLATFORMS as [Platform, ...Platform[]]))
    .min(1, 'wanted at least one platform')
    .default(['linux/amd64', 'linux/arm64'])
    .transform((platforms) => [...new Set(platforms)].sort()),
  base: BaseName.default('debian').describe(
    'What the image is built on: debian, which is made of its packages; or an image, as oci:FOLDER, oci-archive:FILE, docker-archive:FILE, docker:NAME, or a reference in a registry.',
  ),
  compression: z
    .enum(['gzip', 'zstd'])
    .default('gzip')
    .describe('How layers are compressed: gzip is taken everywhere; zstd is a fifth smaller and slow to make once.'),
  runtime: z
    .strictObject({
      onnxruntime: Version.default(DEFAULT_RUNTIME.onnxruntime),
      node: Version.default(DEFAULT_RUNTIME.node),
    })
    .prefault({}),
  sources: z
    .strictObject({
      debian: z.string().url('wanted the address of a Debian mirror, ending in /debian').optional(),
      archive: z
        .union([ArchiveAddress.transform((address) => [address]), z.array(ArchiveAddress)])
        .optional()
        .describe(
          'Archives of old Debian packages in the layout of snapshot.debian.org, for what mirrors have dropped.',
        ),
      images: z
        .array(z.string().min(1))
        .optional()
        .describe(
          'Images that hold layers of this one: oci:FOLDER, an archive, docker:NAME, or a registry’s reference.',
        ),
    })
    .prefault({})
    .describe('Where this team fetches from; never part of the lock.'),
  ...RULE_SETTINGS,
});

export type Config = z.infer<typeof Config>;
export type ConfigInput = z.input<typeof Config>;

/** Largest request body where the configuration does not say. */
export const DEFAULT_MAX_BODY_BYTES = 32 * 2 ** 20;

/** The folder of cases that a configuration names, or that a conversion leaves; none where it is neither. */
export function casesFolder({ cases, model }: Pick<Config, 'cases' | 'model'>): string | undefined {
  return cases ?? (typeof model === 'string' ? undefined : 'cases');
}
