import type { Finding } from './finding.ts';
import type { LockChange } from './lock-change.ts';
import type { ChangedCount, ChangedFact, ModelDifference, SignatureChange } from './model-difference.ts';
import type { Verdict } from './report.ts';
import type { VerdictFailure } from './verdict.ts';

/** What changed from one thing to another of its kind. */
export type Difference =
  | ({ readonly kind: 'model' } & ModelDifference)
  | ReportDifference
  | VerdictDifference
  | LockDifference
  | ImageDifference;

/** From one judgement of a model to another. */
export interface ReportDifference {
  readonly kind: 'report';
  readonly same: boolean;
  /** Whether clients of the old model may fail. */
  readonly breaking: boolean;
  readonly verdict: { readonly from: Verdict; readonly to: Verdict };
  /** Paths of what was judged. */
  readonly model: { readonly from: string; readonly to: string };
  /** Memory, sizes and counts, those that are equal among them: whoever reads a change wants to see that they are. */
  readonly figures: readonly ChangedFact[];
  readonly findings: { readonly added: readonly Finding[]; readonly gone: readonly Finding[] };
  readonly operators: readonly ChangedCount[];
  readonly signature: readonly SignatureChange[];
}

export interface LockDifference {
  readonly kind: 'lock';
  readonly same: boolean;
  readonly breaking: false;
  readonly changes: readonly LockChange[];
}

export interface ImageDifference {
  readonly kind: 'image';
  readonly same: boolean;
  readonly breaking: false;
  /** Digests, and compressed bytes by platform, those that are equal among them. */
  readonly figures: readonly ChangedFact[];
  /** Layers by platform and name, with their compressed bytes, `null` where an engine has dropped what they were. */
  readonly layers: readonly LayerChange[];
  /** What the image's configuration says to whoever runs it. */
  readonly settings: readonly ChangedFact[];
  /** By the locks that both carry; `null` where one carries none. */
  readonly lock: readonly LockChange[] | null;
  /** By the verdicts that were kept of both; `null` where one has none. */
  readonly verdict: VerdictDifference | null;
}

/** From the verdict on one image to that on another. */
export interface VerdictDifference {
  readonly kind: 'verdict';
  readonly same: boolean;
  readonly breaking: false;
  readonly verdict: { readonly from: Verdict; readonly to: Verdict };
  /** Names of what was verified. */
  readonly image: { readonly from: string; readonly to: string };
  readonly figures: readonly ChangedFact[];
  /** Metrics on labelled rows, overall and then by slice, those that are equal among them. */
  readonly metrics: readonly MetricChange[];
  readonly failures: { readonly added: readonly VerdictFailure[]; readonly gone: readonly VerdictFailure[] };
}

export interface MetricChange {
  readonly data: string;
  readonly metric: string;
  readonly better: 'higher' | 'lower';
  readonly slice: { readonly column: string; readonly value: string } | null;
  readonly from: MetricSide | null;
  readonly to: MetricSide | null;
  /** New less old, by the same draws of the same rows; `null` where they are not at hand. */
  readonly difference: { readonly value: number; readonly interval: MetricSide['interval'] } | null;
}

export interface MetricSide {
  readonly value: number | null;
  readonly rows: number;
  readonly interval: { readonly low: number; readonly high: number; readonly confidence: number } | null;
}

export interface LayerChange {
  readonly platform: string;
  readonly name: string;
  readonly same: boolean;
  readonly fromBytes: number | null;
  readonly toBytes: number | null;
}

export type DifferenceKind = Difference['kind'];
