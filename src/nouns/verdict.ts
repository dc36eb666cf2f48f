import type { VerdictDocument } from '../../schemas/verdict.ts';

export const VERDICT_SCHEMA = 'plimsoll.verdict/1' satisfies VerdictDocument['schema'];

/** What was found out about a built image, and whose each failure is. */
export type ImageVerdict = VerdictDocument;
export type VerdictFailure = VerdictDocument['failures'][number];
export type VerdictMetric = VerdictDocument['metrics'][number];
export type VerdictLoad = VerdictDocument['load'][number];

/** As people and registries get it: the replicates of metrics are in the file that is kept, and nobody reads them. */
export function withoutReplicates(verdict: ImageVerdict): ImageVerdict {
  const bare = <T extends { replicates: unknown }>(estimate: T) => ({ ...estimate, replicates: null });
  const metrics = verdict.metrics.map((metric) => ({
    ...metric,
    overall: bare(metric.overall),
    slices: metric.slices.map(bare),
  }));
  return { ...verdict, metrics };
}
