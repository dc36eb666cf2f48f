/** Labelled rows as metrics take them; what the data do not have is left out. */
export interface LabelledRows {
  /** What bootstrap draws: rows, or queries where rows belong to queries. */
  readonly units: number;
  readonly classes?: {
    /** By class, as its place in the list of classes. */
    readonly labels: Int32Array;
    readonly predicted: Int32Array;
    readonly count: number;
    /** Row-major, one score for each class; `null` where the model gives none. */
    readonly scores: Float64Array | null;
  };
  readonly values?: { readonly labels: Float64Array; readonly predicted: Float64Array };
  readonly queries?: readonly { readonly scores: Float64Array; readonly relevance: Float64Array }[];
}

/** A metric of weighted units; a unit of weight 0 is not there. `null` where what is left does not define it. */
export type Weighted = (weights: Float64Array) => number | null;

export interface Metric {
  readonly better: 'higher' | 'lower';
  readonly needs: 'classes' | 'scores' | 'values' | 'queries';
  /** What does not depend on weights, such as an order, is worked out once. */
  readonly prepare: (rows: LabelledRows) => Weighted;
}
