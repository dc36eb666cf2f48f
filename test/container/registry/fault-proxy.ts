import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { startServer } from '../sources/fakes.ts';

/** What goes wrong with one request. */
export type Fault =
  /** The connection ends before the registry sees anything. */
  | 'cut before'
  /** The registry gets half of the body. */
  | 'cut within'
  /** The registry does it all, and its answer is lost. */
  | 'cut after'
  /** The registry gets half of the body and takes it for all. */
  | 'truncate'
  /** The registry gets other bytes. */
  | 'corrupt'
  /** The answer names another digest. */
  | 'wrong digest'
  /** Nothing happens for a long time. */
  | 'hang'
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>> };

export interface FaultProxy {
  readonly name: string;
  readonly requests: readonly string[];
  close(): Promise<void>;
}

/** Stands before a registry and lets requests go wrong as `faultFor` says, by their number from 0. */
export async function startFaultProxy(
  target: string,
  faultFor: (request: IncomingMessage, number: number) => Fault | undefined,
): Promise<FaultProxy> {
  let count = 0;
  const server = await startServer((request, response) => {
    const fault = faultFor(request, count);
    count += 1;
    if (fault === 'cut before') request.socket.destroy();
    else if (fault === 'hang') request.resume();
    else if (typeof fault === 'object') {
      request.resume();
      response.writeHead(fault.status, fault.headers).end('{"errors":[{"code":"FAULT","message":"put there"}]}');
    } else forward({ request, response, target, fault });
  });
  return { name: new URL(server.url).host, requests: server.requests, close: server.close };
}

interface Forwarding {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly target: string;
  readonly fault: Exclude<Fault, object> | undefined;
}

function forward({ request, response, target, fault }: Forwarding): void {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const body = alter(Buffer.concat(chunks), fault);
    const { hostname, port } = new URL(`http://${target}`);
    const headers = { ...request.headers };
    delete headers['transfer-encoding'];
    const promised = fault === 'cut within' ? Math.max(body.length * 2, 1) : body.length;
    const onward = httpRequest(
      {
        hostname,
        port,
        method: request.method,
        path: request.url,
        headers: { ...headers, 'content-length': promised },
      },
      (answer) => {
        if (fault === 'cut after') {
          answer.resume();
          request.socket.destroy();
          return;
        }
        const own = fault === 'wrong digest' ? { 'docker-content-digest': `sha256:${'0'.repeat(64)}` } : {};
        response.writeHead(answer.statusCode ?? 502, { ...answer.headers, ...own });
        answer.pipe(response);
      },
    );
    onward.on('error', () => request.socket.destroy());
    if (fault === 'cut within') onward.write(body, () => setTimeout(() => onward.destroy(), 5));
    else onward.end(body);
  });
}

function alter(body: Buffer, fault: Fault | undefined): Buffer {
  if (fault === 'cut within' || fault === 'truncate') return body.subarray(0, Math.floor(body.length / 2));
  if (fault !== 'corrupt' || body.length === 0) return body;
  const other = Buffer.from(body);
  other[0] = (other[0] ?? 0) ^ 1;
  return other;
}
