export interface MendReport {
  readonly rule: string;
  readonly title: string;
}

/** What became of a model that was to be mended. */
export interface FixResult {
  /** `nothing`: there was nothing to mend. `refused`: no mend could be proven. `inconclusive`: no proof was possible. */
  readonly verdict: 'mended' | 'nothing' | 'refused' | 'inconclusive';
  readonly applied: readonly (MendReport & { readonly changes: readonly string[] })[];
  /** Mends that failed their proof. */
  readonly dropped: readonly (MendReport & { readonly why: string })[];
  /** Mends that do not suit the model, though there is something to mend. */
  readonly left: readonly (MendReport & { readonly why: string })[];
  /** The files that were written, the model first; none unless something was mended. */
  readonly files: readonly string[];
  /** Of the model and its data files, before and after; `bytesAfter` is `null` where nothing was written. */
  readonly bytesBefore: number;
  readonly bytesAfter: number | null;
  /** `null` where nothing was run. */
  readonly proof: { readonly runs: number; readonly largestDifference: number; readonly why: string | null } | null;
}
