const REPLACEMENT = '\uFFFD';
const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * UTF-8 to text. A byte that is no part of UTF-8 becomes the lone surrogate U+DC80 to U+DCFF (as in PEP 383), so that two
 * different wrong names stay different and can be written back; `onInvalid` is told once.
 */
export function decodeUtf8(bytes: Uint8Array, onInvalid: () => void): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
  if (!text.includes(REPLACEMENT) || Buffer.from(text, 'utf8').equals(bytes)) return text;
  onInvalid();
  return decodeKeepingBytes(bytes);
}

/** The inverse of `decodeUtf8`. */
export function encodeUtf8(text: string): Uint8Array {
  if (!LONE_SURROGATE.test(text)) return Buffer.from(text, 'utf8');
  const parts: Uint8Array[] = [];
  for (const character of text) {
    const unit = character.charCodeAt(0);
    const isByte = character.length === 1 && unit >= 0xdc80 && unit <= 0xdcff;
    parts.push(isByte ? Uint8Array.of(unit & 0xff) : Buffer.from(character, 'utf8'));
  }
  return Buffer.concat(parts);
}

function decodeKeepingBytes(bytes: Uint8Array): string {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const parts: string[] = [];
  let index = 0;
  while (index < bytes.length) {
    const length = sequenceLength(bytes, index);
    const decoded = length === 0 ? null : attempt(decoder, bytes.subarray(index, index + length));
    parts.push(decoded ?? String.fromCharCode(0xdc00 | (bytes[index] ?? 0)));
    index += decoded === null ? 1 : length;
  }
  return parts.join('');
}

/** Length that the first byte of a character announces, 0 where no character begins like this. */
function sequenceLength(bytes: Uint8Array, index: number): number {
  const first = bytes[index] ?? 0;
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first < 0xe0) return 2;
  if (first >= 0xe0 && first < 0xf0) return 3;
  return first >= 0xf0 && first < 0xf5 ? 4 : 0;
}

function attempt(decoder: InstanceType<typeof TextDecoder>, bytes: Uint8Array): string | null {
  try {
    return decoder.decode(bytes);
  } catch {
    return null;
  }
}
