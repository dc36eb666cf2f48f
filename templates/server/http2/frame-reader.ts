import {
  CODE,
  ConnectionError,
  DEFAULT_FRAME_BYTES,
  FLAG,
  FRAME,
  FRAME_HEAD_BYTES,
  PREFACE,
  PrefaceError,
  protocolError,
} from './protocol.ts';

/** What becomes of frames; whatever it throws ends the reading. */
export interface FrameSink {
  /** The client speaks HTTP/2. */
  greet(): void;
  /** Any frame but those of data, with all that it holds. */
  frame(type: number, flags: number, id: number, payload: Buffer): void;
  /** A frame of data begins; `bytes` are those that count against windows, of which `padding` hold nothing. */
  beginData(id: number, flags: number, size: { readonly bytes: number; readonly padding: number }): void;
  /** What it holds, in as many pieces as it comes in. */
  takeData(piece: Buffer): void;
  endData(flags: number): void;
}

/** Cuts the bytes of a connection into frames. Of data nothing is kept; of other frames, what is still in need of its rest. */
export class FrameReader {
  readonly #sink: FrameSink;
  #prefaceRead = 0;
  #rest: Buffer | undefined;
  /** Of a frame of data that is being read: its bytes, and its padding, that are still to come. */
  #isInData = false;
  #dataLeft = 0;
  #paddingLeft = 0;
  #dataFlags = 0;
  /** Frames so far. */
  frames = 0;

  constructor(sink: FrameSink) {
    this.#sink = sink;
  }

  /** Whether a frame has begun of which nothing can be made yet. */
  get isMidway(): boolean {
    return this.#rest !== undefined;
  }

  /** Bytes of it that are kept. */
  get keptBytes(): number {
    return this.#rest?.length ?? 0;
  }

  /** Lets go of it: nothing more is read. */
  drop(): void {
    this.#rest = undefined;
  }

  /** @throws ConnectionError where these are no frames */
  read(chunk: Buffer): void {
    const bytes = this.#rest === undefined ? chunk : Buffer.concat([this.#rest, chunk]);
    this.#rest = undefined;
    let position = this.#prefaceRead < PREFACE.length ? this.#readPreface(bytes) : 0;
    while (position < bytes.length) {
      const end = this.#isInData ? this.#readData(bytes, position) : this.#readFrame(bytes, position);
      if (end === undefined) {
        // A copy does not hold on to the buffer of a whole read.
        this.#rest = Buffer.from(bytes.subarray(position));
        return;
      }
      position = end;
    }
  }

  #readPreface(bytes: Buffer): number {
    const from = this.#prefaceRead;
    const count = Math.min(bytes.length, PREFACE.length - from);
    if (PREFACE.compare(bytes, 0, count, from, from + count) !== 0) {
      throw new PrefaceError(Buffer.concat([PREFACE.subarray(0, from), bytes]));
    }
    this.#prefaceRead += count;
    if (this.#prefaceRead === PREFACE.length) this.#sink.greet();
    return count;
  }

  /** Gives where the frame at `position`, or what there is of its data, ends; `undefined` where more has to come first. */
  #readFrame(bytes: Buffer, position: number): number | undefined {
    const start = position + FRAME_HEAD_BYTES;
    if (start > bytes.length) return undefined;
    const length = bytes.readUIntBE(position, 3);
    if (length > DEFAULT_FRAME_BYTES) {
      throw new ConnectionError(CODE.frameSize, `a frame of ${length} bytes; wanted at most ${DEFAULT_FRAME_BYTES}`);
    }
    const type = bytes[position + 3] as number;
    const flags = bytes[position + 4] as number;
    const id = bytes.readUInt32BE(position + 5) & 0x7fff_ffff;
    if (type === FRAME.data) return this.#beginData(bytes, start, { id, flags, length });
    const end = start + length;
    if (end > bytes.length) return undefined;
    this.frames++;
    this.#sink.frame(type, flags, id, bytes.subarray(start, end));
    return end;
  }

  #beginData(
    bytes: Buffer,
    start: number,
    { id, flags, length }: { readonly id: number; readonly flags: number; readonly length: number },
  ): number | undefined {
    const isPadded = (flags & FLAG.padded) !== 0;
    if (isPadded && length > 0 && start >= bytes.length) return undefined;
    const padding = isPadded ? (bytes[start] ?? 0) + 1 : 0;
    if (padding > length) throw protocolError('a frame has more padding than bytes');
    this.frames++;
    this.#sink.beginData(id, flags, { bytes: length, padding });
    this.#isInData = true;
    this.#dataFlags = flags;
    this.#dataLeft = length - padding;
    this.#paddingLeft = isPadded ? padding - 1 : 0;
    return this.#readData(bytes, isPadded ? start + 1 : start);
  }

  #readData(bytes: Buffer, start: number): number {
    let position = start;
    if (this.#dataLeft > 0) {
      const end = Math.min(bytes.length, position + this.#dataLeft);
      this.#dataLeft -= end - position;
      if (end > position) this.#sink.takeData(bytes.subarray(position, end));
      position = end;
    }
    if (this.#dataLeft > 0) return position;
    const skipped = Math.min(bytes.length - position, this.#paddingLeft);
    this.#paddingLeft -= skipped;
    if (this.#paddingLeft === 0) {
      this.#isInData = false;
      this.#sink.endData(this.#dataFlags);
    }
    return position + skipped;
  }
}
