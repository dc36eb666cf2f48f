/**
 * The part of protocol buffers that an inference takes, by the format's own text. A verifier that read with the server's reader would read its
 * faults as the server means them.
 */

/** Most fields of one message: an answer's tensors, or the elements of one that stand one by one. */
const MOST_FIELDS = 2 ** 24;

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

/** A field and what it holds: an integer, or the bytes of anything else. */
export interface Field {
  readonly number: number;
  readonly value: bigint | Buffer;
}

/** The fields of a message, in their order. Throws an Error that says where it is none. */
export function readFields(bytes: Buffer): readonly Field[] {
  const fields: Field[] = [];
  for (let at = 0; at < bytes.length; ) {
    if (fields.length === MOST_FIELDS) throw new Error(`a message has more than ${MOST_FIELDS} fields`);
    const tag = readVarint(bytes, at);
    const [kind, number] = [Number(tag.value & 7n), Number(tag.value >> 3n)];
    at = tag.end;
    if (kind === VARINT) {
      const { value, end } = readVarint(bytes, at);
      fields.push({ number, value });
      at = end;
      continue;
    }
    const head = kind === BYTES ? readVarint(bytes, at) : { value: BigInt(FIXED[kind] ?? -1), end: at };
    const length = Number(head.value);
    if (length < 0) throw new Error(`a field of an unknown kind stands at byte ${at}`);
    if (length > bytes.length - head.end)
      throw new Error(`a field of ${length} bytes stands where ${bytes.length - head.end} are left`);
    fields.push({ number, value: bytes.subarray(head.end, head.end + length) });
    at = head.end + length;
  }
  return fields;
}

const FIXED: Readonly<Record<number, number>> = { [FIXED64]: 8, [FIXED32]: 4 };

/** Integers one behind the other. */
export function readVarints(bytes: Buffer): readonly bigint[] {
  const values: bigint[] = [];
  for (let at = 0; at < bytes.length; ) {
    const { value, end } = readVarint(bytes, at);
    values.push(value);
    at = end;
  }
  return values;
}

function readVarint(bytes: Buffer, from: number): { readonly value: bigint; readonly end: number } {
  let [low, high] = [0, 0];
  // Seven bits a byte, ten bytes at the most; halves of 32 bits are a good deal faster than a bigint that grows.
  for (let at = from, shift = 0; shift < 70 && at < bytes.length; at++, shift += 7) {
    const byte = bytes[at] as number;
    const bits = byte & 0x7f;
    if (shift < 28) low |= bits << shift;
    else if (shift === 28) {
      low |= bits << 28;
      high |= bits >> 4;
    } else high |= bits << (shift - 32);
    if (byte < 0x80) return { value: (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0), end: at + 1 };
  }
  throw new Error(`a number at byte ${from} has no end`);
}

/** A field of bytes, of a text, or of a message. */
export function bytesField(number: number, content: Uint8Array | string): Buffer {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  return Buffer.concat([varint(number * 8 + BYTES), varint(bytes.length), bytes]);
}

/** Integers of up to 64 bits, those below zero as the format has them. */
export function varint(value: number | bigint): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return Buffer.from([...bytes, Number(rest)]);
}
