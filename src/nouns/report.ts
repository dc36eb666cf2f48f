import type { Finding } from './finding.ts';
import type { MemoryReport } from './memory-report.ts';
import type { ModelFacts, OperatorFacts } from './model-summary.ts';
import type { Platform } from './platform.ts';

export const REPORT_SCHEMA = 'plimsoll.report/1';

/** `inconclusive`: nothing speaks against the model, and something could not be asked. */
export type Verdict = 'pass' | 'fail' | 'inconclusive';

/** What a judgement of a model says, for every rendering. What is not known is `null`, never left out and never 0. */
export interface Report {
  readonly schema: typeof REPORT_SCHEMA;
  readonly tool: { readonly name: string; readonly version: string };
  readonly verdict: Verdict;
  readonly model: ModelFacts;
  readonly runtime: {
    readonly onnxruntime: string;
    readonly node: string;
    readonly platforms: readonly Platform[];
    /** Whether the runtime itself was asked, or only what is known of it. */
    readonly asked: boolean;
  };
  readonly findings: readonly Finding[];
  /** Findings that the configuration accepts, with its reason. */
  readonly suppressed: readonly { readonly finding: Finding; readonly reason: string }[];
  readonly operators: OperatorFacts;
  /** `null` where no plan was made; a finding says why. */
  readonly memory: MemoryReport | null;
  readonly sizes: {
    /** External data included. */
    readonly modelBytes: number;
    readonly preparedBytes: number | null;
    readonly imageBytes: Readonly<Partial<Record<Platform, number>>> | null;
    readonly budgets: { readonly modelBytes: number | null; readonly imageBytes: number | null };
  };
  /** What the image is made of by the lock; `null` where there is none yet, or it was not looked at. */
  readonly lock: LockSummary | null;
}

/** A lock as far as a reader of a report wants it. */
export interface LockSummary {
  readonly seal: string;
  readonly profile: 'lean' | 'fast';
  /** What goes in, the lowest layer first: such as onnxruntime 1.30.0. */
  readonly parts: readonly { readonly name: string; readonly version: string }[];
  /** Layers as they are pulled, from the bottom up. */
  readonly layers: readonly {
    readonly platform: Platform;
    readonly name: string;
    readonly bytes: number;
    readonly digest: string;
  }[];
}
