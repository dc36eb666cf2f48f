import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';
import type { Plan } from '../../schemas/plan.ts';
import { refusePlain } from './access/refuse-plain.ts';
import { tls } from './access/secure-modules.ts';
import { keepCertificate } from './access/tls.ts';
import { type Gate, makeTokenGate } from './access/tokens.ts';
import { grpcMethods } from './grpc/grpc-methods.ts';
import { GrpcListener } from './grpc/listener.ts';
import { Connections } from './http/connections.ts';
import { refuseClear } from './http/refuse-connection.ts';
import { makeHttpServer } from './http/server.ts';
import { makeInference, type Phase } from './inference.ts';
import type { JobQueue } from './job.ts';
import { requestLimits } from './limits.ts';
import { logProblem } from './log.ts';
import type { Metrics } from './observe/metrics.ts';
import type { Trails } from './observe/trails.ts';
import { OptionError } from './option-error.ts';
import type { Options } from './options.ts';
import { makeRoutes } from './router.ts';
import { makeService } from './service.ts';
import type { Signature } from './signature.ts';

export interface DoorParts {
  readonly options: Options;
  readonly plan: Plan;
  readonly signature: Signature;
  readonly queue: JobQueue;
  readonly phase: () => Phase;
  readonly serverVersion: string;
  /** Told of every connection and request that begins or ends. */
  readonly onTraffic: () => void;
  readonly metrics: Metrics;
  readonly trails: Trails;
}

/** Where requests come in: HTTP and gRPC over the same model. */
export class Doors {
  readonly #options: Options;
  readonly #http: Server;
  readonly #connections: Connections;
  readonly #grpc: GrpcListener | undefined;

  constructor(parts: DoorParts) {
    const { options, plan, signature, queue, phase, serverVersion, onTraffic, metrics, trails } = parts;
    this.#options = options;
    const limits = requestLimits(options);
    const inference = makeInference({ signature, queue, phase });
    const service = makeService({ plan, options, signature, inference, serverVersion, limits, phase, metrics });
    const bodyBytes = options.bodyBytes ?? plan.limits.bodyBytes;
    const body = {
      get limitBytes(): number {
        return Math.min(bodyBytes, queue.largestBodyBytes);
      },
      meter: queue.bodies,
    };
    const access = { secure: options.certificateFile !== undefined, gate: gateOf(options) };
    this.#connections = new Connections(onTraffic);
    this.#http = makeHttpServer({
      routes: makeRoutes(service),
      body,
      isClosing: () => phase() === 'draining',
      onAnswer: (method, status, milliseconds) => metrics.answered(method, status, milliseconds),
      trails,
      connections: this.#connections,
      ...access,
      options,
    });
    this.#grpc =
      options.grpcPort === undefined
        ? undefined
        : new GrpcListener({
            methods: grpcMethods({ signature, inference, serverVersion, limits, phase }),
            limits: body,
            onTraffic,
            onCall: (path, status) => metrics.called(path, status),
            trails,
            httpPort: () => portOf(this.#http),
            ...access,
            options,
          });
    this.#keepCertificate();
  }

  #keepCertificate(): void {
    const { certificateFile: certificate, keyFile: key } = this.#options;
    if (certificate === undefined || key === undefined) return;
    const TlsServer = tls().Server;
    const servers = [this.#http, this.#grpc?.server].filter((server) => server instanceof TlsServer);
    asOptionError('PLIMSOLL_TLS_CERT_FILE and PLIMSOLL_TLS_KEY_FILE', () =>
      keepCertificate(servers, { certificate, key }, logProblem),
    );
    for (const server of servers) refusePlain(server, refuseClear);
  }

  /**
   * Begins to take connections.
   *
   * @throws OptionError where an address cannot be had
   */
  async listen(): Promise<{ port: number; grpcPort?: number }> {
    const { host, port, grpcPort } = this.#options;
    const ports = { port: await listen(this.#http, { host, port, variable: 'PLIMSOLL_HTTP_PORT' }) };
    if (this.#grpc === undefined || grpcPort === undefined) return ports;
    const grpc = { host, port: grpcPort, variable: 'PLIMSOLL_GRPC_PORT' };
    return { ...ports, grpcPort: await listen(this.#grpc.server, grpc) };
  }

  /** Requests that have been received, at least in part, and not answered. */
  get openRequests(): number {
    return this.#connections.openRequests + (this.#grpc?.openRequests ?? 0);
  }

  /** Takes no new connections, and answers what has come in, at most until `deadlineMs` have passed. */
  async drain(deadlineMs: number): Promise<void> {
    await Promise.all([this.#connections.drain(this.#http, deadlineMs), this.#grpc?.drain(deadlineMs)]);
  }
}

function gateOf({ tokensFile }: Options): Gate | undefined {
  if (tokensFile === undefined) return undefined;
  return asOptionError('PLIMSOLL_TOKENS_FILE', () => makeTokenGate(tokensFile, logProblem));
}

/** What is wrong with a file that a setting names is wrong with the setting. */
function asOptionError<T>(variables: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new OptionError(`${variables}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

interface Address {
  readonly host: string | undefined;
  readonly port: number;
  /** That settles the port. */
  readonly variable: string;
}

async function listen(server: Server, { host, port, variable }: Address): Promise<number> {
  server.listen(host === undefined ? { port } : { port, host });
  try {
    await once(server, 'listening');
  } catch (error) {
    const [where, variables] =
      host === undefined ? [`port ${port}`, variable] : [`${host} port ${port}`, `PLIMSOLL_HOST and ${variable}`];
    const why = error instanceof Error ? error.message : String(error);
    throw new OptionError(`${variables}: cannot listen on ${where}: ${why}`);
  }
  return portOf(server);
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}
