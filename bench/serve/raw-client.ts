import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface RawAnswer {
  readonly status: number;
  /** Without the empty line after it. */
  readonly head: string;
  readonly body: Buffer;
  readonly milliseconds: number;
  /** Whether the server closes the connection after it. */
  readonly isLast: boolean;
}

/** A request as bytes, so that asking costs the client next to nothing. */
export function rawRequest(body: Buffer | string, headers: Readonly<Record<string, string | number>> = {}): Buffer {
  const bytes = Buffer.from(body as string);
  const fields = { host: 'x', 'content-type': 'application/json', 'content-length': bytes.length, ...headers };
  const head = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([Buffer.from(`POST /v2/models/model/infer HTTP/1.1\r\n${head.join('')}\r\n`), bytes]);
}

export function rawGet(path: string): Buffer {
  return Buffer.from(`GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`);
}

/** One kept connection that asks one thing after another. */
export class RawConnection {
  readonly #socket: Socket;
  #pieces: Buffer[] = [];
  #bytes = 0;
  #wanted: number | undefined;
  #head = '';
  #done:
    | {
        readonly resolve: (answer: RawAnswer) => void;
        readonly reject: (error: Error) => void;
        readonly begunMs: number;
      }
    | undefined;
  isClosed = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (piece: Buffer) => this.#take(piece));
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => this.#fail(new Error('the connection was closed')));
  }

  static async open(port: number): Promise<RawConnection> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return new RawConnection(socket);
  }

  ask(request: Buffer): Promise<RawAnswer> {
    return new Promise((resolve, reject) => {
      this.#done = { resolve, reject, begunMs: performance.now() };
      if (this.isClosed) this.#fail(new Error('the connection was closed'));
      else this.#socket.write(request);
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(piece: Buffer): void {
    this.#pieces.push(piece);
    this.#bytes += piece.length;
    if (this.#wanted === undefined) {
      const all = Buffer.concat(this.#pieces);
      const end = all.indexOf('\r\n\r\n');
      if (end < 0) return;
      this.#head = all.toString('latin1', 0, end);
      this.#wanted = Number(/\r\ncontent-length: (\d+)/i.exec(this.#head)?.[1] ?? 0);
      this.#pieces = [all.subarray(end + 4)];
      this.#bytes = all.length - end - 4;
    }
    if (this.#bytes < this.#wanted) return;
    const body = Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#bytes = 0;
    this.#wanted = undefined;
    const done = this.#done;
    this.#done = undefined;
    const status = Number(this.#head.slice(9, 12));
    const isLast = /\r\nconnection: close/i.test(this.#head);
    done?.resolve({ status, head: this.#head, body, isLast, milliseconds: performance.now() - done.begunMs });
  }

  #fail(error: Error): void {
    this.isClosed = true;
    this.#done?.reject(error);
    this.#done = undefined;
  }
}

/** Sends one request so many times on one connection without waiting for answers, and waits for all of them to be 200. */
export async function pipeline(port: number, request: Buffer, times: number): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  const pieces: Buffer[] = [];
  let bytes = 0;
  let wanted = Number.POSITIVE_INFINITY;
  socket.write(Buffer.concat(Array.from({ length: times }, () => request)));
  for await (const piece of socket as AsyncIterable<Buffer>) {
    pieces.push(piece);
    bytes += piece.length;
    // The same question has an answer of the same length each time.
    if (wanted === Number.POSITIVE_INFINITY) wanted = times * (lengthOfAnswer(Buffer.concat(pieces)) ?? wanted);
    if (bytes >= wanted) break;
  }
  const answers = Buffer.concat(pieces).toString('latin1').split('HTTP/1.1 200 ').length - 1;
  if (answers !== times) throw new Error(`${answers} of ${times} pipelined requests were answered with 200`);
}

function lengthOfAnswer(bytes: Buffer): number | undefined {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  return end + 4 + Number(/\r\ncontent-length: (\d+)/i.exec(bytes.toString('latin1', 0, end))?.[1] ?? 0);
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}
