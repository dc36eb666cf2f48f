/**
 * What one inference may cost. A real model visits each node once, and a few again in the rounds of its loops; a hostile one
 * calls functions that call functions, or nests loops, until no machine comes to an end.
 */
export const INFERENCE_LIMITS = {
  /** Visits beyond one for each node of the file: about a second of work. */
  extraVisits: 50_000,
  /** Functions that call each other; exporters nest them as deep as modules of a network, about a dozen. */
  callDepth: 64,
  /** Graphs within graphs; the reader stops at a similar depth, as protobuf does at 100 messages. */
  graphDepth: 64,
  /** Elements of small tensors followed by value, in all: a large language model follows about 50,000. */
  followedElements: 250_000,
  /** Conflicts that are kept; the next thousand would say the same. */
  conflicts: 1_000,
  /** Dimensions of a tensor: no runtime has kernels for more, and most stop at 8. */
  rank: 64,
} as const;

export type InferenceLimits = Readonly<Record<keyof typeof INFERENCE_LIMITS, number>>;
