import type { VerdictDocument } from '../../schemas/verdict.ts';

/** What was found out about a built image, and whose each failure is. */
export type ImageVerdict = VerdictDocument;
export type VerdictFailure = VerdictDocument['failures'][number];
export type VerdictMetric = VerdictDocument['metrics'][number];
export type VerdictLoad = VerdictDocument['load'][number];
