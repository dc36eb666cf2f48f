import { createHash } from 'node:crypto';
import type { Digest } from '../../nouns/digest.ts';
import type { Platform } from '../../nouns/platform.ts';
import type { Component } from './components.ts';

/** What a bill of materials is written from. */
export interface Bill {
  /** Of the image. */
  readonly name: string;
  readonly platform: Platform;
  /** Of the image's manifest. */
  readonly digest: Digest;
  readonly components: readonly Component[];
  /** RFC 3339; the image's own, so that nothing reads a clock. */
  readonly created: string;
}

/** A UUID made of what the document is about, as RFC 9562 has it for version 8: the same document always has the same. */
export function uuidOf(...parts: readonly string[]): string {
  const bytes = createHash('sha256').update(parts.join('\n')).digest().subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
