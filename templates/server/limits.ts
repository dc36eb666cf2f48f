import type { Options } from './options.ts';

/** What one request may hold, each configurable: see `options.ts`. */
export interface RequestLimits {
  /** Deepest nesting of JSON where the protocol gives no shape. */
  readonly jsonDepth: number;
  /** Most entries of the inputs, and of the outputs, of one request. */
  readonly tensors: number;
  /** Longest text: an element of a BYTES tensor, a name, an id, in bytes. */
  readonly stringBytes: number;
}

export const DEFAULT_LIMITS: RequestLimits = {
  // What people and serialisers write is a few levels deep; each level costs a frame of the stack.
  jsonDepth: 64,
  // Hundreds of features as inputs of their own are in use.
  tensors: 4096,
  // A long document, the longest text that a tokenizer in a model would be given.
  stringBytes: 2 ** 20,
};

export function requestLimits({ jsonDepth, tensors, stringBytes }: Options): RequestLimits {
  return { jsonDepth, tensors, stringBytes };
}
