import { Agent, type IncomingMessage, request } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { Answer } from '../../verify/answer.ts';
import type { Tensors } from '../../verify/rows.ts';
import { askOverGrpc } from './wire/ask-over-grpc.ts';
import { openChannel } from './wire/call-unary.ts';
import { type Body, decodeAnswer, encodeRequest } from './wire/rest.ts';
import type { Way } from './wire/way.ts';

/** A client of one server's model. */
export interface Client {
  /** Over gRPC only where it `hasGrpc`. */
  ask(inputs: Tensors, way: Way): Promise<Answer>;
  readonly hasGrpc: boolean;
  /** Sends what was encoded before, and gives the status; 0 where no answer came. */
  send(body: Body): Promise<number>;
  close(): void;
}

/** What is said of a refusal in a report. */
const LONGEST_REFUSAL = 300;

const NO_ROOM = [413, 429, 503];

/** Opens a client with connections that stay; addresses without a path, `grpc` where that is answered. */
export function openClient(
  { http, grpc }: Addresses,
  { model, timeoutMs }: { readonly model: string; readonly timeoutMs: number },
): Client {
  const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });
  const channel = grpc === undefined ? undefined : openChannel(grpc, { timeoutMs });
  const url = `${http}/v2/models/${encodeURIComponent(model)}/infer`;
  const post = (body: Body) => postTo(url, body, { agent, timeoutMs });
  return {
    ask: async (inputs, way) => {
      try {
        if (way === 'json' || way === 'binary') return readAnswer(await post(encodeRequest(inputs, way)));
        if (channel === undefined) throw new TypeError('this server has no gRPC');
        return await askOverGrpc(channel, { inputs, model, contents: way === 'grpc' ? 'raw' : 'typed' });
      } catch (error) {
        if (error instanceof TypeError) throw error;
        return lost(error);
      }
    },
    hasGrpc: channel !== undefined,
    send: async (body) => {
      const reply = await post(body).catch(() => undefined);
      return reply?.status ?? 0;
    },
    close: () => {
      agent.destroy();
      channel?.close();
    },
  };
}

/** Where a server answers, such as `http://172.18.0.2:8080`. */
export interface Addresses {
  readonly http: string;
  readonly grpc: string | undefined;
}

interface Reply {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly bytes: Buffer;
}

interface PostOptions {
  readonly agent: Agent;
  readonly timeoutMs: number;
}

/** A server may close an idle connection in the moment in which it is used again: then the request goes over another one, once. */
async function postTo(url: string, body: Body, options: PostOptions): Promise<Reply> {
  try {
    return await postOnce(url, body, options);
  } catch (error) {
    if (!(error as { isReused?: boolean }).isReused) throw error;
    return postOnce(url, body, options);
  }
}

async function postOnce(url: string, body: Body, { agent, timeoutMs }: PostOptions): Promise<Reply> {
  const headers = { ...body.headers, 'content-length': body.bytes.length };
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const sent = request(url, { method: 'POST', agent, headers, signal: AbortSignal.timeout(timeoutMs) }, resolve);
    sent.on('error', (error: NodeJS.ErrnoException) => {
      reject(Object.assign(error, { isReused: sent.reusedSocket && error.code === 'ECONNRESET' }));
    });
    sent.end(body.bytes);
  });
  return { status: response.statusCode ?? 0, headers: response.headers, bytes: await buffer(response) };
}

function readAnswer({ status, headers, bytes }: Reply): Answer {
  const text = bytes.toString('utf8', 0, LONGEST_REFUSAL);
  if (NO_ROOM.includes(status)) return { state: 'turned-away', status, text };
  if (status >= 400 && status < 500) return { state: 'refused', status, text };
  if (status !== 200) return { state: 'failed', status, text };
  try {
    const length = headers['inference-header-content-length'];
    return { state: 'answered', outputs: decodeAnswer(bytes, length === undefined ? undefined : Number(length)) };
  } catch (error) {
    return { state: 'failed', status, text: `the answer is none of the protocol: ${(error as Error).message}` };
  }
}

function lost(error: unknown): Answer {
  const { name, message, code } = error as NodeJS.ErrnoException;
  const isLate = name === 'TimeoutError' || code === 'ABORT_ERR';
  return { state: 'lost', why: isLate ? 'timeout' : 'closed', text: code ?? message };
}
