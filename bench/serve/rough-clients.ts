import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { EXHAUSTED, INFER, type Requests } from './asker.ts';
import { RawConnection, rawRequest } from './raw-client.ts';
import { prefixed, RawGrpcConnection } from './raw-grpc.ts';

export interface Ports {
  readonly http: number;
  readonly grpc: number;
}

/** What each kind of rough client came to: how often it was served as it has to be, and how often otherwise. */
export type RoughTally = Record<string, { right: number; wrong: number }>;

const MIB = 2 ** 20;

/** Between two tries of one client. */
const PAUSE_MS = 30;

/** A slow client sends so many pieces, with so long between them. */
const PIECES = 8;
const PIECE_MS = 60;

type Rough = (ports: Ports, requests: Requests) => Promise<boolean>;

/** Clients as they ought not to be; each gives whether the server did what it has to. */
const KINDS: Readonly<Record<string, Rough>> = {
  'too large over HTTP': async ({ http }) => {
    const connection = await RawConnection.open(http);
    // Nobody reads on to the end of it.
    const head = rawRequest('', { 'content-length': 9 * MIB });
    const { status } = await connection.ask(Buffer.concat([head, Buffer.alloc(64 * 1024, 0x20)]));
    connection.close();
    return status === 413 || status === 429;
  },
  'too large over gRPC': async ({ grpc }) => {
    const connection = await RawGrpcConnection.open(grpc, INFER);
    const message = prefixed(Buffer.alloc(9 * MIB)).subarray(0, 64 * 1024);
    const { status } = await connection.call(INFER, message);
    connection.close();
    return status === EXHAUSTED;
  },
  'slow over HTTP': async ({ http }, requests) => {
    const request = requests.http.get(33) as Buffer;
    const socket = await open(http);
    const answer = firstBytes(socket);
    await dribble(socket, request);
    const status = (await answer).toString('latin1', 9, 12);
    socket.destroy();
    return status === '200' || status === '429';
  },
  'slow over gRPC': async ({ grpc }, requests) => {
    const connection = await RawGrpcConnection.open(grpc, INFER);
    const answer = connection.awaitAnswer();
    await dribble(connection.socket, connection.framesOf(INFER, requests.grpc.get(33) as Buffer));
    const { status } = await answer;
    connection.close();
    return status === 0 || status === EXHAUSTED;
  },
  'gone amid the body over HTTP': async ({ http }, requests) => {
    const request = requests.http.get(100) as Buffer;
    const socket = await open(http);
    socket.write(request.subarray(0, request.length / 2));
    await sleep(PAUSE_MS);
    socket.destroy();
    return true;
  },
  'gone amid the message over gRPC': async ({ grpc }, requests) => {
    const connection = await RawGrpcConnection.open(grpc, INFER);
    const frames = connection.framesOf(INFER, requests.grpc.get(100) as Buffer);
    connection.socket.write(frames.subarray(0, frames.length / 2));
    await sleep(PAUSE_MS);
    connection.close();
    return true;
  },
  'gone before the answer over HTTP': async ({ http }, requests) => {
    const socket = await open(http);
    socket.write(requests.http.get(100) as Buffer);
    await sleep(PAUSE_MS);
    socket.resetAndDestroy();
    return true;
  },
  'gone before the answer over gRPC': async ({ grpc }, requests) => {
    const connection = await RawGrpcConnection.open(grpc, INFER);
    connection.socket.write(connection.framesOf(INFER, requests.grpc.get(100) as Buffer));
    await sleep(PAUSE_MS);
    connection.socket.resetAndDestroy();
    return true;
  },
};

/** One client of each kind, until `endMs` on the clock of `performance.now()`. */
export async function roughClients(ports: Ports, requests: Requests, endMs: number): Promise<RoughTally> {
  const tally: RoughTally = {};
  const working = Object.entries(KINDS).map(async ([kind, ask]) => {
    const counts = { right: 0, wrong: 0 };
    tally[kind] = counts;
    while (performance.now() < endMs) {
      const isRight = await ask(ports, requests).catch(() => false);
      if (isRight) counts.right++;
      else counts.wrong++;
      await sleep(PAUSE_MS);
    }
  });
  await Promise.all(working);
  return tally;
}

async function open(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.on('error', () => {});
  return socket;
}

async function firstBytes(socket: Socket): Promise<Buffer> {
  const [bytes] = await Promise.race([once(socket, 'data'), once(socket, 'close')]);
  if (!Buffer.isBuffer(bytes)) throw new Error('the connection was closed');
  return bytes;
}

async function dribble(socket: Socket, bytes: Buffer): Promise<void> {
  const each = Math.ceil(bytes.length / PIECES);
  for (let from = 0; from < bytes.length; from += each) {
    socket.write(bytes.subarray(from, from + each));
    await sleep(PIECE_MS);
  }
}
