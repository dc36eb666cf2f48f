import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { WireWriter } from '../../templates/server/grpc/wire-writer.ts';
import { HeadDecoder } from '../../templates/server/http2/head-decoder.ts';
import { HeadEncoder } from '../../templates/server/http2/head-encoder.ts';
import { FLAG, FRAME, FRAME_HEAD_BYTES, LARGEST_WINDOW_BYTES, PREFACE } from '../../templates/server/http2/protocol.ts';

export interface GrpcAnswer {
  /** Of gRPC; 0 where all went well. */
  readonly status: number;
  /** The last message, without its prefix. */
  readonly message: Buffer;
  readonly retryAfter: string | undefined;
  readonly milliseconds: number;
}

const PREFIX_BYTES = 5;
const FRAME_BYTES = 16_384;
const INITIAL_WINDOW = Buffer.from([0, 4, 0x7f, 0xff, 0xff, 0xff]);

/** A message with its prefix: rows of numbers for the model's one input. */
export function inferMessage(rows: number, data: Float32Array): Buffer {
  const contents = new WireWriter().span(6, new Uint8Array(data.buffer)).finish();
  const shape = [rows, data.length / rows];
  const input = new WireWriter().text(1, 'x').text(2, 'FP32').packed(3, shape).span(5, contents).finish();
  return prefixed(new WireWriter().text(1, 'model').span(5, input).finish());
}

export function prefixed(message: Buffer): Buffer {
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

/** One connection that makes one call after another, at next to no cost: a client's library takes ten times as long for one. */
export class RawGrpcConnection {
  readonly socket: Socket;
  readonly #heads: ReadonlyMap<string, Buffer>;
  readonly #decoder = new HeadDecoder();
  #rest: Buffer = Buffer.alloc(0);
  #id = 1;
  #fields = new Map<string, string>();
  #pieces: Buffer[] = [];
  #done:
    | {
        readonly resolve: (answer: GrpcAnswer) => void;
        readonly reject: (error: Error) => void;
        readonly begunMs: number;
      }
    | undefined;
  isClosed = false;

  private constructor(socket: Socket, paths: readonly string[]) {
    this.socket = socket;
    this.#heads = new Map(paths.map((path) => [path, headOf(path)]));
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => this.#fail(new Error('the connection was closed')));
    const widest = Buffer.alloc(4);
    widest.writeUInt32BE(LARGEST_WINDOW_BYTES - 65_535);
    socket.write(
      Buffer.concat([PREFACE, frame(FRAME.settings, 0, 0, INITIAL_WINDOW), frame(FRAME.windowUpdate, 0, 0, widest)]),
    );
  }

  /** `paths` are the methods that will be called. */
  static async open(port: number, ...paths: readonly string[]): Promise<RawGrpcConnection> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return new RawGrpcConnection(socket, paths);
  }

  call(path: string, message: Buffer): Promise<GrpcAnswer> {
    const answer = this.awaitAnswer();
    if (this.isClosed) this.#fail(new Error('the connection was closed'));
    else this.socket.write(this.framesOf(path, message));
    return answer;
  }

  /** Of the call whose frames are sent next. */
  awaitAnswer(): Promise<GrpcAnswer> {
    return new Promise((resolve, reject) => {
      this.#done = { resolve, reject, begunMs: performance.now() };
    });
  }

  /** The next call as bytes. */
  framesOf(path: string, message: Buffer): Buffer {
    const id = this.#id;
    const frames = [frame(FRAME.headers, FLAG.endHeaders, id, this.#heads.get(path) as Buffer)];
    for (let from = 0; from < message.length; from += FRAME_BYTES) {
      const flags = from + FRAME_BYTES >= message.length ? FLAG.endStream : 0;
      frames.push(frame(FRAME.data, flags, id, message.subarray(from, from + FRAME_BYTES)));
    }
    return Buffer.concat(frames);
  }

  close(): void {
    this.socket.destroy();
  }

  #read(chunk: Buffer): void {
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    while (bytes.length >= FRAME_HEAD_BYTES) {
      const end = FRAME_HEAD_BYTES + bytes.readUIntBE(0, 3);
      if (bytes.length < end) break;
      this.#take(bytes[3] as number, bytes[4] as number, bytes.readUInt32BE(5), bytes.subarray(FRAME_HEAD_BYTES, end));
      bytes = bytes.subarray(end);
    }
    this.#rest = bytes;
  }

  #take(type: number, flags: number, id: number, payload: Buffer): void {
    if (type === FRAME.headers) {
      this.#decoder.decode(payload, { add: ({ name, value }) => void this.#fields.set(name, value) });
    } else if (type === FRAME.data) this.#pieces.push(payload);
    else if (type === FRAME.reset && id === this.#id) this.#fail(new Error(`reset with ${payload.readUInt32BE(0)}`));
    if (id === this.#id && (type === FRAME.headers || type === FRAME.data) && (flags & FLAG.endStream) !== 0)
      this.#end();
  }

  #end(): void {
    const status = Number(this.#fields.get('grpc-status') ?? Number.NaN);
    const retryAfter = this.#fields.get('retry-after');
    const message = Buffer.concat(this.#pieces).subarray(PREFIX_BYTES);
    const done = this.#forget();
    done?.resolve({ status, message, retryAfter, milliseconds: performance.now() - done.begunMs });
  }

  #fail(error: Error): void {
    this.isClosed ||= this.socket.destroyed;
    this.#forget()?.reject(error);
  }

  #forget() {
    const done = this.#done;
    this.#done = undefined;
    this.#id += 2;
    this.#fields = new Map();
    this.#pieces = [];
    return done;
  }
}

function headOf(path: string): Buffer {
  return new HeadEncoder().encode([
    [':method', 'POST'],
    [':scheme', 'http'],
    [':path', path],
    [':authority', 'x'],
    ['content-type', 'application/grpc+proto'],
    ['te', 'trailers'],
  ]);
}

function frame(type: number, flags: number, id: number, payload: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(FRAME_HEAD_BYTES + payload.length);
  bytes.writeUIntBE(payload.length, 0, 3);
  bytes[3] = type;
  bytes[4] = flags;
  bytes.writeUInt32BE(id, 5);
  bytes.set(payload, FRAME_HEAD_BYTES);
  return bytes;
}
