/** Random numbers from a seed, the same on every machine (mulberry32). */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** An integer from 0 up to `bound`, without it. */
  below(bound: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * bound);
  }

  pick<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new RangeError('nothing to pick from');
    return item;
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.below(256));
  }
}

type Mutation = (bytes: Uint8Array, random: Random) => Uint8Array;

/** Changes that know nothing of the format. */
export const PLAIN: readonly Mutation[] = [
  (bytes, random) => splice(bytes, { at: random.below(bytes.length), remove: 1, put: random.bytes(1) }),
  (bytes, random) =>
    splice(bytes, { at: random.below(bytes.length), remove: 1, put: Uint8Array.of(random.pick(ODD_BYTES)) }),
  (bytes, random) => splice(bytes, { at: random.below(bytes.length), remove: 1 + random.below(16) }),
  (bytes, random) => splice(bytes, { at: random.below(bytes.length + 1), put: random.bytes(1 + random.below(8)) }),
  (bytes, random) => bytes.subarray(0, random.below(bytes.length + 1)),
  (bytes, random) => {
    const from = random.below(bytes.length);
    const put = bytes.subarray(from, from + 1 + random.below(256));
    return splice(bytes, { at: random.below(bytes.length + 1), put });
  },
];

const ODD_BYTES: readonly number[] = [0, 1, 0x7f, 0x80, 0xff, 0x0a, 0x0b, 0x0c, 0x12, 0x3a];

/** Changes to one field of a message, made so that the messages around it stay well formed. */
export const STRUCTURED: readonly Mutation[] = [
  (message, random) => withField(message, random, () => []),
  (message, random) => withField(message, random, (field) => [field, field]),
  (message, random) => withField(message, random, (field) => Array<Uint8Array>(1 + random.below(200)).fill(field)),
  (message, random) => withField(message, random, (field) => [group(1 + random.below(30), field), field]),
  (message, random) =>
    withField(message, random, (field) => [field.subarray(0, 1), varint(random.pick(ODD_LENGTHS)), field.subarray(1)]),
  (message, random) =>
    withField(message, random, (field) => [Uint8Array.of((field[0] ?? 0) ^ (1 << random.below(7))), field.subarray(1)]),
  (message, random) => {
    const fields = fieldsOf(message) ?? [];
    return Buffer.concat(
      fields
        .map((field) => field.bytes)
        .reverse()
        .concat(random.bytes(random.below(2))),
    );
  },
  (message, random) => withField(message, random, (field) => [nest(field, 1 + random.below(50))]),
];

const ODD_LENGTHS: readonly bigint[] = [
  0n,
  1n,
  127n,
  128n,
  2n ** 31n - 1n,
  2n ** 31n,
  2n ** 32n,
  2n ** 53n,
  2n ** 63n,
  2n ** 64n - 1n,
];

/** Mutates a model some levels down: descends into a field that is itself a message, and puts what comes back in its place. */
export function mutateInside(bytes: Uint8Array, random: Random, mutations: readonly Mutation[]): Uint8Array {
  const fields = fieldsOf(bytes);
  const inner = (fields ?? []).filter((field) => field.payload !== null && field.payload.length > 1);
  if (fields === null || inner.length === 0 || random.below(4) === 0) {
    return bytes.length === 0 ? bytes : random.pick(mutations)(bytes, random);
  }
  const chosen = random.pick(inner);
  const payload = mutateInside(chosen.payload ?? bytes, random, mutations);
  const rebuilt = Buffer.concat([varint(chosen.tag), varint(BigInt(payload.length)), payload]);
  return Buffer.concat(fields.map((field) => (field === chosen ? rebuilt : field.bytes)));
}

interface Field {
  readonly tag: bigint;
  readonly bytes: Uint8Array;
  /** Of fields with a length. */
  readonly payload: Uint8Array | null;
}

/** The fields of a message; `null` where the bytes are none. */
function fieldsOf(message: Uint8Array): readonly Field[] | null {
  const fields: Field[] = [];
  let at = 0;
  while (at < message.length) {
    const field = fieldAt(message, at);
    if (field === null) return null;
    fields.push(field);
    at += field.bytes.length;
  }
  return fields;
}

const FIXED_WIDTHS: Readonly<Record<number, number>> = { 1: 8, 5: 4 };

function fieldAt(message: Uint8Array, at: number): Field | null {
  const tag = varintAt(message, at);
  if (tag === null || tag.value >> 3n === 0n) return null;
  const type = Number(tag.value & 7n);
  const content = varintAt(message, tag.end);
  if (type === 0 && content) return { tag: tag.value, bytes: message.subarray(at, content.end), payload: null };
  if (type === 2 && content && content.value <= BigInt(message.length - content.end)) {
    const end = content.end + Number(content.value);
    return { tag: tag.value, bytes: message.subarray(at, end), payload: message.subarray(content.end, end) };
  }
  const width = FIXED_WIDTHS[type];
  if (width === undefined || tag.end + width > message.length) return null;
  return { tag: tag.value, bytes: message.subarray(at, tag.end + width), payload: null };
}

function varintAt(bytes: Uint8Array, at: number): { readonly value: bigint; readonly end: number } | null {
  let value = 0n;
  for (let index = 0; index < 10; index++) {
    const byte = bytes[at + index];
    if (byte === undefined) return null;
    value |= BigInt(byte & 0x7f) << BigInt(7 * index);
    if (byte < 0x80) return { value, end: at + index + 1 };
  }
  return null;
}

function varint(value: bigint): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return Uint8Array.from([...bytes, Number(rest)]);
}

function group(field: number, content: Uint8Array): Uint8Array {
  return Buffer.concat([varint(BigInt((field << 3) | 3)), content, varint(BigInt((field << 3) | 4))]);
}

/** Tags of the graph of an attribute, of the attribute of a node and of the node of a graph, from the inside out. */
const SUBGRAPH_TAGS: readonly number[] = [0x32, 0x2a, 0x0a];
const MODEL_GRAPH_TAG = 0x3a;

/** `content` inside of so many subgraphs, as the graph of a model. */
function nest(content: Uint8Array, depth: number): Uint8Array {
  const tags = Array.from({ length: depth }, () => SUBGRAPH_TAGS).flat();
  return [...tags, MODEL_GRAPH_TAG].reduce(
    (bytes, tag) => Buffer.concat([Uint8Array.of(tag), varint(BigInt(bytes.length)), bytes]),
    content,
  );
}

function withField(
  message: Uint8Array,
  random: Random,
  change: (field: Uint8Array) => readonly Uint8Array[],
): Uint8Array {
  const fields = fieldsOf(message);
  if (fields === null || fields.length === 0) return random.pick(PLAIN)(message, random);
  const chosen = random.pick(fields);
  return Buffer.concat(fields.flatMap((field) => (field === chosen ? change(field.bytes) : [field.bytes])));
}

function splice(
  bytes: Uint8Array,
  edit: { readonly at: number; readonly remove?: number; readonly put?: Uint8Array },
): Uint8Array {
  const { at, remove = 0, put = new Uint8Array() } = edit;
  return Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(at + remove)]);
}
