import type { Span } from './model.ts';
import type { FileIdentity } from './source-file.ts';

/** The bytes of a file from which a value was read. */
export interface Origin {
  readonly file: FileIdentity;
  /** The message without its tag and length. */
  readonly span: Span;
}

const ORIGIN = Symbol('origin');
const BYTES = Symbol('bytes');

/**
 * Remembers where a message stands in its file. The mark is not enumerable, so a copy that an edit makes (`{ ...node, … }`)
 * has none: a writer copies what was left alone and encodes what is new.
 */
export function rememberOrigin<T extends object>(value: T, origin: Origin): T {
  return Object.defineProperty(value, ORIGIN, { value: origin });
}

/** Remembers the bytes of a value that was in sight when its model was read, in the same way. */
export function rememberBytes<T extends object>(value: T, bytes: Uint8Array): T {
  return Object.defineProperty(value, BYTES, { value: bytes });
}

export function bytesOf(value: object): Uint8Array | undefined {
  return (value as { readonly [BYTES]?: Uint8Array })[BYTES];
}

export function originOf(value: object): Origin | undefined {
  return (value as { readonly [ORIGIN]?: Origin })[ORIGIN];
}
