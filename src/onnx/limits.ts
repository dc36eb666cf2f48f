/** What reading may cost, whatever a file says. Beyond a limit the file is refused with `onnx/limit`, never half read. */
export interface ReadLimits {
  /** Messages inside messages: C++ protobuf, and with it every runtime, stops at 100. */
  readonly depth: number;
  /**
   * Bytes of memory for what is kept of the graph, by the estimates in `COST`. 96 MiB hold some 60,000 nodes with names and
   * three attributes each, or 300,000 bare ones, several times the largest graphs that exporters write, and keep the whole
   * process near 200 MB.
   */
  readonly keptBytes: number;
  /** Fields visited one by one: more than any graph within `keptBytes` has, and about a second of work. */
  readonly records: number;
  /** Elements of lists that are walked over without being kept, at a few nanoseconds each. */
  readonly listElements: number;
  /** Reads from the file: each large tensor costs one or two; half a million take about a second. */
  readonly fileReads: number;
}

export const READ_LIMITS: ReadLimits = {
  depth: 100,
  keptBytes: 96 * 2 ** 20,
  records: 16_000_000,
  listElements: 2 ** 27,
  fileReads: 500_000,
};

/** Estimated bytes of memory for one of each, measured on V8 of Node 20; strings and bytes add their own length. */
export const COST = {
  graph: 1000,
  node: 400,
  attribute: 200,
  tensor: 400,
  valueInfo: 250,
  type: 150,
  dimension: 16,
  entry: 100,
  span: 40,
  reference: 8,
  string: 24,
  bytes: 200,
  number: 24,
} as const;

/** Irregularities that are told; a file that is damaged throughout has millions. */
export const IRREGULARITIES_TOLD = 100;

/** Raw data no longer than this are kept in memory: the shapes, axes and scalars that a graph computes shapes from. */
export const EAGER_RAW_BYTES = 128;

/** Lists whose records are no longer than this are decoded while they are in sight; longer ones stay in the file. */
export const EAGER_LIST_BYTES = 512;
