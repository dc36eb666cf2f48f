import { request as requestHttp } from 'node:http';
import { https } from '../access/secure-modules.ts';

export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly name: string;
  readonly kind: 'server' | 'internal';
  /** Since 1970. */
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: Readonly<Record<string, string | number>>;
  readonly isError: boolean;
}

export interface ExporterOptions {
  /** Of OTLP over HTTP, without the path. */
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Of what the spans come from, such as `service.name`. */
  readonly resource: Readonly<Record<string, string>>;
  readonly version: string;
  /** Told once in a while that spans do not reach the collector. */
  readonly onProblem: (message: string) => void;
  /** How long the collector may take for a message, its answer included; `TIMEOUT_MS` if not given. */
  readonly timeoutMs?: number;
}

/** Spans that wait to be sent; beyond this the newest are dropped: a collector that is away must not fill the memory. */
const MOST_WAITING = 2048;
/** Spans in one message, and how long the first of them may wait. */
const MOST_AT_ONCE = 512;
const SEND_AFTER_MS = 2000;
/** A collector stands nearby; one that takes longer is not worth waiting for. */
const TIMEOUT_MS = 5000;
/** At the most so often is it said that spans are lost. */
const COMPLAIN_EVERY_MS = 60_000;

const KINDS = { internal: 1, server: 2 } as const;

/**
 * Sends spans to an OpenTelemetry collector, as JSON over HTTP (OTLP 1.x, section "OTLP/HTTP"), in the background. The library for it would be
 * several times the size of this whole server.
 */
export class SpanExporter {
  readonly #options: ExporterOptions;
  readonly #url: URL;
  #waiting: Span[] = [];
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> | undefined;
  #dropped = 0;
  #complainedMs = Number.NEGATIVE_INFINITY;

  constructor(options: ExporterOptions) {
    this.#options = options;
    this.#url = new URL(`${options.endpoint.replace(/\/+$/, '')}/v1/traces`);
  }

  add(span: Span): void {
    if (this.#waiting.length >= MOST_WAITING) {
      this.#dropped++;
      return;
    }
    this.#waiting.push(span);
    if (this.#waiting.length >= MOST_AT_ONCE) void this.#send();
    else this.#timer ??= setTimeout(() => void this.#send(), SEND_AFTER_MS).unref();
  }

  /** Sends what waits; resolves when it has been taken or has failed. */
  async flush(): Promise<void> {
    await this.#sending;
    while (this.#waiting.length > 0) await this.#send();
  }

  #send(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = undefined;
    });
    return this.#sending;
  }

  async #sendAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const spans = this.#waiting.splice(0, MOST_AT_ONCE);
      const why = await this.#post(this.#render(spans)).catch((error: Error) => error.message);
      if (why !== undefined) this.#dropped += spans.length;
      if (this.#dropped > 0) this.#complain(why ?? `more than ${MOST_WAITING} waited`);
    }
  }

  #complain(why: string): void {
    const now = performance.now();
    if (now - this.#complainedMs < COMPLAIN_EVERY_MS) return;
    this.#complainedMs = now;
    this.#options.onProblem(`${this.#dropped} spans were lost on their way to ${this.#url.host}: ${why}`);
    this.#dropped = 0;
  }

  /** Gives why the collector did not take it. */
  #post(body: string): Promise<string | undefined> {
    const send = this.#url.protocol === 'https:' ? https().request : requestHttp;
    const { headers, timeoutMs = TIMEOUT_MS } = this.#options;
    return new Promise((resolve, reject) => {
      const request = send(
        this.#url,
        { method: 'POST', headers: { ...headers, 'content-type': 'application/json' } },
        (response) => {
          response.resume();
          const status = response.statusCode ?? 0;
          response.once('close', () => resolve(status >= 200 && status < 300 ? undefined : `it answered ${status}`));
        },
      );
      // An answer may have begun that never ends.
      const over = setTimeout(() => {
        reject(new Error(`no answer within ${timeoutMs} ms`));
        request.destroy();
      }, timeoutMs);
      request.on('close', () => clearTimeout(over));
      request.on('error', reject);
      request.end(body);
    });
  }

  #render(spans: readonly Span[]): string {
    return JSON.stringify({
      resourceSpans: [
        {
          resource: { attributes: renderAttributes(this.#options.resource) },
          scopeSpans: [{ scope: { name: 'plimsoll', version: this.#options.version }, spans: spans.map(renderSpan) }],
        },
      ],
    });
  }
}

function renderSpan(span: Span): object {
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    ...(span.parentSpanId !== undefined && { parentSpanId: span.parentSpanId }),
    name: span.name,
    kind: KINDS[span.kind],
    startTimeUnixNano: nanoseconds(span.startMs),
    endTimeUnixNano: nanoseconds(span.endMs),
    attributes: renderAttributes(span.attributes),
    status: span.isError ? { code: 2 } : {},
  };
}

/** In digits: more of them than a double holds. */
function nanoseconds(milliseconds: number): string {
  const whole = Math.floor(milliseconds);
  return String(BigInt(whole) * 1_000_000n + BigInt(Math.round((milliseconds - whole) * 1e6)));
}

function renderAttributes(attributes: Readonly<Record<string, string | number>>): object[] {
  return Object.entries(attributes).map(([key, value]) => ({
    key,
    value: typeof value === 'string' ? { stringValue: value } : { intValue: String(value) },
  }));
}
