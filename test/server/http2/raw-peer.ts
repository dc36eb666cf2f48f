import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { type ConnectionOptions, Http2Connection } from '../../../templates/server/http2/connection.ts';
import { HeadEncoder } from '../../../templates/server/http2/head-encoder.ts';
import { Places } from '../../../templates/server/http2/places.ts';
import { FRAME, PREFACE } from '../../../templates/server/http2/protocol.ts';
import type { RequestHead } from '../../../templates/server/http2/request-head.ts';
import type { Http2Stream, Receiver } from '../../../templates/server/http2/stream.ts';
import { lendReads } from '../../../templates/server/lent-reads.ts';

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly id: number;
  readonly payload: Buffer;
}

/** A frame as bytes, right or wrong. */
export function frame(type: number, flags: number, id: number, payload: Uint8Array | string = ''): Buffer {
  const bytes = Buffer.from(payload as string);
  const head = Buffer.alloc(9);
  head.writeUIntBE(bytes.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(id, 5);
  return Buffer.concat([head, bytes]);
}

export function words(...values: number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [index, value] of values.entries()) bytes.writeUInt32BE(value >>> 0, 4 * index);
  return bytes;
}

/** One setting's number and value. */
export function setting(id: number, value: number): Buffer {
  return Buffer.concat([Buffer.from([0, id]), words(value)]);
}

export function block(fields: readonly (readonly [string, string])[]): Buffer {
  return new HeadEncoder().encode(fields);
}

export const POST = block([
  [':method', 'POST'],
  [':scheme', 'http'],
  [':path', '/x'],
]);

/** A client that sends frames as they are given, and tells what comes back. */
export class RawPeer {
  readonly socket: Socket;
  readonly frames: Frame[] = [];
  isClosed = false;
  #rest = Buffer.alloc(0);
  #onFrame: () => void = () => {};

  constructor(port: number) {
    this.socket = connect(port, '127.0.0.1');
    this.socket.on('data', (chunk) => this.#read(chunk));
    this.socket.on('error', () => {});
    this.socket.on('close', () => {
      this.isClosed = true;
      this.#onFrame();
    });
  }

  /** Sends the preface and empty settings. */
  greet(settings: Buffer = Buffer.alloc(0)): this {
    return this.send(PREFACE, frame(FRAME.settings, 0, 0, settings));
  }

  send(...pieces: Uint8Array[]): this {
    this.socket.write(Buffer.concat(pieces));
    return this;
  }

  /** The first frame, also of those that have come already, that is wanted. */
  async frame(isWanted: (frame: Frame) => boolean): Promise<Frame> {
    for (;;) {
      const found = this.frames.find(isWanted);
      if (found) return found;
      if (this.isClosed) throw new Error(`closed; there came ${JSON.stringify(this.frames)}`);
      await new Promise<void>((resolve) => {
        this.#onFrame = resolve;
      });
    }
  }

  async closed(): Promise<void> {
    if (!this.isClosed) await new Promise<void>((resolve) => this.socket.once('close', () => resolve()));
  }

  /** Data of a stream so far. */
  bodyOf(id: number): Buffer {
    return Buffer.concat(
      this.frames.filter((one) => one.type === FRAME.data && one.id === id).map(({ payload }) => payload),
    );
  }

  #read(chunk: Buffer): void {
    let bytes = Buffer.concat([this.#rest, chunk]);
    while (bytes.length >= 9 && bytes.length >= 9 + bytes.readUIntBE(0, 3)) {
      const end = 9 + bytes.readUIntBE(0, 3);
      const [type = 0, flags = 0] = bytes.subarray(3, 5);
      this.frames.push({ type, flags, id: bytes.readUInt32BE(5), payload: bytes.subarray(9, end) });
      bytes = bytes.subarray(end);
    }
    this.#rest = bytes;
    this.#onFrame();
  }
}

export type OnRequest = (stream: Http2Stream, head: RequestHead) => Receiver | undefined;

/** Answers with the body that came, once all of it has. */
export const echo: OnRequest = (stream) => {
  const pieces: Buffer[] = [];
  return receiver({
    take: (piece) => void pieces.push(Buffer.from(piece)),
    end() {
      stream.open();
      stream.write(
        pieces,
        pieces.reduce((sum, { length }) => sum + length, 0),
      );
      stream.end('ok');
    },
  });
};

export function receiver(some: Partial<Receiver>): Receiver {
  return { take() {}, end() {}, close() {}, drained() {}, checkTime() {}, ...some };
}

/** What is held, and never too much. */
export class TestMeter {
  heldBytes = 0;
  mostBytes = 0;

  hold(bytes: number): void {
    this.add(bytes);
  }

  add(bytes: number): void {
    this.heldBytes += bytes;
    this.mostBytes = Math.max(this.mostBytes, this.heldBytes);
  }

  release(bytes: number): void {
    this.heldBytes -= bytes;
  }
}

/** For a suite: a server of bare connections, and clients to it; all of it ends with the suite. */
export function useRawServer(onRequest: OnRequest, some: Partial<ConnectionOptions> = {}) {
  const meter = new TestMeter();
  const connections: Http2Connection[] = [];
  const peers: RawPeer[] = [];
  const server = createServer((accepted) => {
    // As the server itself does.
    const lent = lendReads(accepted);
    const socket = lent?.socket ?? accepted;
    const options = {
      headerBytes: 16_384,
      streams: 100,
      places: new Places(1000),
      headersMs: 1000,
      silenceMs: 10_000,
      meter,
      answerToHttp1: () => 'no HTTP/2',
    };
    connections.push(new Http2Connection(socket, { ...options, onTraffic() {}, onRequest, ...some }, lent));
  });
  before(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  after(() => {
    for (const { socket } of peers) socket.destroy();
    server.close();
  });
  return {
    meter,
    connections,
    peer(): RawPeer {
      const peer = new RawPeer((server.address() as AddressInfo).port);
      peers.push(peer);
      return peer;
    },
  };
}
