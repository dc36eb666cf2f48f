import { CODE, ConnectionError, FLAG, protocolError } from './protocol.ts';

/** A frame, without its kind. */
export interface FrameFacts {
  readonly flags: number;
  readonly id: number;
  readonly payload: Buffer;
}

/** A head as it came, still encoded. */
export interface HeadBlock {
  readonly id: number;
  /** Whether no body follows. */
  readonly isLast: boolean;
  readonly block: Buffer;
}

/** Frames that one head may come in; 1 MiB, the largest that can be allowed, is 64 whole ones. */
const MOST_FRAMES = 128;

/** What is longer than allowed, but not so many times, is decoded all the same, so that its stream can be told; else the connection ends. */
const TOLERANCE = 4;

const PRIORITY_BYTES = 5;

/** Puts heads together that come in several frames, as many as are allowed. */
export class HeadCollector {
  readonly #limitBytes: number;
  #id = 0;
  #isLast = false;
  #fragments: Buffer[] = [];
  #bytes = 0;

  /** `headBytes` are those that a head may have once it is decoded. */
  constructor(headBytes: number) {
    this.#limitBytes = TOLERANCE * headBytes;
  }

  /** Whether the next frame has to go on with a head. */
  get isMidway(): boolean {
    return this.#id !== 0;
  }

  /** Bytes of a head that are kept until the rest of it comes. */
  get keptBytes(): number {
    return this.#bytes;
  }

  /** Lets go of them: no more is to come. */
  drop(): void {
    this.#id = 0;
    this.#fragments = [];
    this.#bytes = 0;
  }

  /** Takes a frame of headers; gives the head where it is whole. */
  begin({ flags, id, payload }: FrameFacts): HeadBlock | undefined {
    if (id % 2 === 0) throw protocolError(`clients do not begin stream ${id}`);
    const block = withoutPriority(withoutPadding(payload, flags), flags, id);
    const isLast = (flags & FLAG.endStream) !== 0;
    // Whole in one frame, as nearly all are, it is never kept.
    if ((flags & FLAG.endHeaders) !== 0) {
      this.#assertLength(block.length);
      return { id, isLast, block };
    }
    this.#id = id;
    this.#isLast = isLast;
    return this.#add(block, false);
  }

  /** Takes a frame that goes on with a head. */
  goOn({ flags, id, payload }: FrameFacts): HeadBlock | undefined {
    if (id === 0 || id !== this.#id) throw protocolError('a frame goes on with no head');
    return this.#add(payload, (flags & FLAG.endHeaders) !== 0);
  }

  #add(fragment: Buffer, isEnd: boolean): HeadBlock | undefined {
    this.#bytes += fragment.length;
    this.#assertLength(this.#bytes);
    if (this.#fragments.length >= MOST_FRAMES) {
      throw new ConnectionError(CODE.enhanceYourCalm, `a head in more than ${MOST_FRAMES} frames`);
    }
    this.#fragments.push(Buffer.from(fragment));
    if (!isEnd) return undefined;
    const head = { id: this.#id, isLast: this.#isLast, block: Buffer.concat(this.#fragments) };
    this.drop();
    return head;
  }

  #assertLength(bytes: number): void {
    if (bytes <= this.#limitBytes) return;
    throw new ConnectionError(CODE.enhanceYourCalm, `a head of more than ${this.#limitBytes} bytes`);
  }
}

function withoutPadding(payload: Buffer, flags: number): Buffer {
  if ((flags & FLAG.padded) === 0) return payload;
  const padding = payload[0] ?? payload.length;
  if (padding >= payload.length) throw protocolError('a frame has more padding than bytes');
  return payload.subarray(1, payload.length - padding);
}

/** What a client once could say of a stream's rank means nothing any more, but has to make sense. */
function withoutPriority(block: Buffer, flags: number, id: number): Buffer {
  if ((flags & FLAG.priority) === 0) return block;
  assertPriority(block.subarray(0, PRIORITY_BYTES), id);
  return block.subarray(PRIORITY_BYTES);
}

/** @throws ConnectionError for a stream that ranks below itself */
export function assertPriority(bytes: Buffer, id: number): void {
  if (bytes.length !== PRIORITY_BYTES) throw new ConnectionError(CODE.frameSize, 'a priority of a wrong length');
  if ((bytes.readUInt32BE(0) & 0x7fff_ffff) === id) {
    throw protocolError(`stream ${id} depends on itself`);
  }
}
