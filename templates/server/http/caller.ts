import { bodyBytes } from '../body-bytes.ts';
import { acceptedCoding, type Coding, compress, isCompressed } from '../content-coding.ts';
import type { RunFacts } from '../job.ts';
import { logProblem } from '../log.ts';
import type { Trail, Trails } from '../observe/trails.ts';
import { RequestError, renderError } from '../request-error.ts';
import type { Answer, Caller } from '../router.ts';
import type { Exchange } from './exchange.ts';

export interface CallerOptions {
  /** Whether answers close their connection, because the server is on its way out. */
  readonly isClosing: () => boolean;
  /** Told of every answer, and how long its request took from its headers on. */
  readonly onAnswer: (method: string, status: number, milliseconds: number) => void;
  readonly trails: Trails;
}

/** Answers of the server that are no news to it: its clients could fill the log with them. */
const QUIET: ReadonlySet<number> = new Set([501, 503, 504, 505]);

const JSON_TYPE = 'application/json';
const JSON_FIELDS: readonly string[] = ['content-type', JSON_TYPE];

/** The client's side of a request over HTTP: what becomes of answers and errors on their way out. */
export class HttpCaller implements Caller {
  readonly #exchange: Exchange;
  readonly #options: CallerOptions;
  readonly #trail: Trail | undefined;

  constructor(exchange: Exchange, options: CallerOptions) {
    this.#exchange = exchange;
    this.#options = options;
    this.#trail = options.trails.begin(exchange);
  }

  noteRun(facts: RunFacts): void {
    this.#trail?.ran(facts);
  }

  get connection(): object {
    return this.#exchange.connection;
  }

  isWaiting(): boolean {
    return this.#exchange.isWaiting();
  }

  answer(answer: Answer): Promise<void> | undefined {
    const bytes = bodyBytes(answer.body);
    const coding = this.#coding(bytes);
    if (coding !== undefined) {
      return compress(joined(answer.body), coding).then(
        (packed) => this.#send(answer, [packed], packed.length, coding),
        (error: unknown) => this.fail(error),
      );
    }
    this.#send(answer, answer.body, bytes);
    return undefined;
  }

  fail(error: unknown): void {
    if (error instanceof RequestError) {
      this.answer({ status: error.status, body: renderError(error.message), headers: error.headers });
      if (error.status < 500 || QUIET.has(error.status)) return;
      logProblem(error.message);
    } else {
      // A defect of this program: the log gets all of it, the client nothing that it could use.
      logProblem(error instanceof Error ? (error.stack ?? error.message) : String(error));
      this.answer({ status: 500, body: renderError('internal error') });
    }
  }

  /** How an answer is compressed: as its client accepts it, where it gains by it and has room for it. */
  #coding(bytes: number): Coding | undefined {
    const accepted = this.#exchange.head.headers['accept-encoding'];
    if (accepted === undefined || !isCompressed(bytes)) return undefined;
    return acceptedCoding(accepted as string);
  }

  #send(answer: Answer, body: Answer['body'], bytes: number, coding?: Coding): void {
    const { status, spent } = answer;
    const exchange = this.#exchange;
    const fields = this.#fields(answer, bytes, coding);
    if (
      !exchange.send({ status, fields, body, bytes, spent, isLast: exchange.isWithheld || this.#options.isClosing() })
    )
      return;
    this.#options.onAnswer(exchange.head.method, status, performance.now() - exchange.begunMs);
    this.#trail?.ended(status);
  }

  #fields({ headers, contentType = JSON_TYPE }: Answer, bytes: number, coding: Coding | undefined): readonly string[] {
    // What may be kept by a cache on the way, for clients that accept other codings.
    const varies = this.#exchange.head.method !== 'POST' && (coding !== undefined || isCompressed(bytes));
    const isPlain = headers === undefined && coding === undefined && this.#trail === undefined && !varies;
    if (isPlain && contentType === JSON_TYPE) {
      return bytes > 0 ? JSON_FIELDS : [];
    }
    const fields: string[] = bytes > 0 ? ['content-type', contentType] : [];
    if (coding !== undefined) fields.push('content-encoding', coding);
    if (varies) fields.push('vary', 'accept-encoding');
    for (const name in headers) fields.push(name, headers[name] ?? '');
    if (this.#trail !== undefined) fields.push('traceparent', this.#trail.traceparent);
    return fields;
  }
}

function joined(body: Answer['body']): Uint8Array {
  return typeof body === 'string' ? Buffer.from(body) : Buffer.concat(body);
}
