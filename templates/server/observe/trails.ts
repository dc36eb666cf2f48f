import type { Exchange } from '../http/exchange.ts';
import type { RunFacts } from '../job.ts';
import type { SpanExporter } from './span-exporter.ts';
import { continueTrace, randomHex, renderTraceparent, type TraceContext } from './trace-context.ts';

/** What a request says of itself when it begins. */
export interface TrailStart {
  readonly protocol: 'http' | 'grpc';
  readonly method: string;
  readonly path: string;
  readonly client: string | undefined;
  readonly traceparent: string | undefined;
}

/** Follows a request from its headers to its answer, for the access log and for traces. */
export interface Trail {
  /** The `traceparent` to answer with: this server's own part of the trace. */
  readonly traceparent: string;
  ran(facts: RunFacts): void;
  ended(status: number): void;
}

export interface TrailsOptions {
  /** Takes a line of the access log. */
  readonly log: ((line: string) => void) | undefined;
  readonly exporter: SpanExporter | undefined;
}

/** Statuses of HTTP from here up, and of gRPC that mean the same, are this server's doing. */
const SERVER_ERROR = 500;

/** Where the clock of `performance.now()` began, so that all times of a trail come from one clock. */
const originMs = performance.timeOrigin;

/** Begins a trail for each request; `undefined` where nobody wants any, so that most servers pay nothing. */
export class Trails {
  readonly #options: TrailsOptions;

  constructor(options: TrailsOptions) {
    this.#options = options;
  }

  begin(exchange: Exchange): Trail | undefined {
    const { log, exporter } = this.#options;
    const { head } = exchange;
    const traceparent = head.headers.traceparent as string | undefined;
    // Who calls with a trace gets its continuation back, also where nothing is exported.
    if (log === undefined && exporter === undefined && traceparent === undefined) return undefined;
    const { client } = exchange;
    const { method, target } = head;
    const path = target.split('?', 1)[0] ?? target;
    return new RequestTrail({ protocol: 'http', method, path, client, traceparent }, this.#options);
  }

  /** For a call whose headers and address are told by its caller. */
  beginCall(start: Omit<TrailStart, 'protocol' | 'method'>): Trail | undefined {
    const { log, exporter } = this.#options;
    if (log === undefined && exporter === undefined) return undefined;
    return new RequestTrail({ ...start, protocol: 'grpc', method: 'POST' }, this.#options);
  }
}

class RequestTrail implements Trail {
  readonly #start: TrailStart;
  readonly #options: TrailsOptions;
  readonly #context: TraceContext;
  readonly #begunMs = performance.now();
  #run: RunFacts | undefined;
  #runEndMs = 0;
  #isEnded = false;

  constructor(start: TrailStart, options: TrailsOptions) {
    this.#start = start;
    this.#options = options;
    this.#context = continueTrace(start.traceparent);
  }

  get traceparent(): string {
    return renderTraceparent(this.#context);
  }

  ran(facts: RunFacts): void {
    this.#run = facts;
    this.#runEndMs = performance.now();
  }

  ended(status: number): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    const endMs = performance.now();
    this.#options.log?.(this.#line(status, endMs));
    if (this.#options.exporter && this.#context.isSampled) this.#export(status, endMs);
  }

  #line(status: number, endMs: number): string {
    const { protocol, method, path, client } = this.#start;
    const run = this.#run;
    return JSON.stringify({
      event: 'request',
      time: new Date(originMs + this.#begunMs).toISOString(),
      protocol,
      method,
      path,
      status,
      ms: rounded(endMs - this.#begunMs),
      ...(run && { queueMs: rounded(run.queueMs), computeMs: rounded(run.computeMs), runRows: run.runRows }),
      client,
      traceId: this.#context.traceId,
    });
  }

  #export(status: number, endMs: number): void {
    const { exporter } = this.#options;
    const { protocol, method, path } = this.#start;
    const { traceId, spanId, parentSpanId } = this.#context;
    exporter?.add({
      traceId,
      spanId,
      parentSpanId,
      name: protocol === 'grpc' ? path.slice(1) : `${method} ${path}`,
      kind: 'server',
      startMs: originMs + this.#begunMs,
      endMs: originMs + endMs,
      attributes:
        protocol === 'grpc'
          ? { 'rpc.system': 'grpc', 'rpc.grpc.status_code': status }
          : { 'http.request.method': method, 'url.path': path, 'http.response.status_code': status },
      isError: protocol === 'grpc' ? status !== 0 : status >= SERVER_ERROR,
    });
    if (this.#run === undefined) return;
    const { queueMs, wholeMs, runRows } = this.#run;
    const endedMs = originMs + this.#runEndMs;
    const arrivedMs = endedMs - wholeMs;
    const child = { traceId, parentSpanId: spanId, kind: 'internal', isError: false } as const;
    exporter?.add({
      ...child,
      spanId: randomHex(8),
      name: 'queue',
      startMs: arrivedMs,
      endMs: arrivedMs + queueMs,
      attributes: {},
    });
    exporter?.add({
      ...child,
      spanId: randomHex(8),
      name: 'compute',
      startMs: arrivedMs + queueMs,
      endMs: endedMs,
      attributes: { 'plimsoll.run_rows': runRows },
    });
  }
}

function rounded(milliseconds: number): number {
  return Math.round(1000 * milliseconds) / 1000;
}
