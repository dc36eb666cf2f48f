import { decodeUtf8 } from './utf8.ts';

/** Names longer than this are decoded each time; hashing them would cost as much. */
const LONGEST_CACHED = 256;
const SLOTS = 2 ** 13;

/**
 * Decodes texts, and gives back the string that it gave before where the same ASCII bytes come again: a graph names each
 * of its values several times, and its operators thousands of times. A new text takes the slot of an old one.
 */
export class TextCache {
  readonly #slots = new Array<string>(SLOTS).fill('');
  readonly #onInvalid: () => void;
  /** Whether the last text was already in memory. */
  wasKnown = false;

  constructor(onInvalid: () => void) {
    this.#onInvalid = onInvalid;
  }

  decode(window: Buffer, at: number, length: number): string {
    this.wasKnown = false;
    const slot = length <= LONGEST_CACHED ? asciiHash(window, at, length) : NOT_ASCII;
    if (slot === NOT_ASCII) return decodeUtf8(window.subarray(at, at + length), this.#onInvalid);
    const known = this.#slots[slot] ?? '';
    if (equals(known, window, at, length)) {
      this.wasKnown = true;
      return known;
    }
    const text = window.toString('latin1', at, at + length);
    this.#slots[slot] = text;
    return text;
  }
}

const NOT_ASCII = -1;

/** FNV-1a, folded to a slot. */
function asciiHash(window: Buffer, at: number, length: number): number {
  let hash = 0x811c9dc5;
  let seen = 0;
  for (let index = at; index < at + length; index++) {
    const byte = window[index] ?? 0;
    seen |= byte;
    hash = Math.imul(hash ^ byte, 0x01000193);
  }
  return seen >= 0x80 ? NOT_ASCII : (hash ^ (hash >>> 15)) & (SLOTS - 1);
}

function equals(text: string, window: Buffer, at: number, length: number): boolean {
  if (text.length !== length) return false;
  for (let index = 0; index < length; index++) if (text.charCodeAt(index) !== window[at + index]) return false;
  return true;
}
