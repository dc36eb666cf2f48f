import type { RunFacts } from '../job.ts';
import type { Refusal, SchedulerObserver } from '../scheduling/observer.ts';
import { Counter, Gauge, Histogram, type Instrument } from './instruments.ts';
import { makeProcessGauges } from './process-gauges.ts';

/** What is looked up when somebody asks for the metrics. */
export interface MetricsSources {
  readonly model: string;
  readonly modelVersion: string;
  readonly serverVersion: string;
  readonly waiting: () => number;
  readonly heldBytes: () => number;
  readonly capacityBytes: () => number;
  readonly limitBytes: () => number | null;
  readonly isReady: () => boolean;
  readonly workers: () => number;
}

/** From a tiny model's tenth of a millisecond to a client's patience. */
const SECONDS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
/** Others are counted together: clients must not make up as many series as they like. */
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']);
const ROWS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];

/**
 * What the server counts of itself, for Prometheus. Names of processes, of Node and of HTTP are those that dashboards know; there is no
 * convention for inference, so the rest has the program's own prefix.
 */
export class Metrics implements SchedulerObserver {
  readonly #http = new Counter({
    name: 'http_requests_total',
    help: 'Requests over HTTP that were answered.',
    labels: ['method', 'code'],
  });
  readonly #httpSeconds = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'From the headers of a request to its answer.',
    bounds: SECONDS,
  });
  readonly #calls = new Counter({
    name: 'grpc_server_handled_total',
    help: 'gRPC calls that are over.',
    labels: ['grpc_service', 'grpc_method', 'grpc_code'],
  });
  readonly #requests = new Counter({
    name: 'plimsoll_inference_requests_total',
    help: 'Inference requests by what became of them, and why.',
    labels: ['outcome', 'reason'],
  });
  readonly #queueSeconds = new Histogram({
    name: 'plimsoll_queue_duration_seconds',
    help: 'From the decoded request to its first run.',
    bounds: SECONDS,
  });
  readonly #computeSeconds = new Histogram({
    name: 'plimsoll_compute_duration_seconds',
    help: 'Runs of the model.',
    bounds: SECONDS,
  });
  readonly #requestSeconds = new Histogram({
    name: 'plimsoll_inference_duration_seconds',
    help: 'From the decoded request to its outputs.',
    bounds: SECONDS,
  });
  readonly #batchRows = new Histogram({ name: 'plimsoll_batch_rows', help: 'Rows of a run.', bounds: ROWS });
  readonly #batchRequests = new Histogram({
    name: 'plimsoll_batch_requests',
    help: 'Requests that shared a run.',
    bounds: ROWS,
  });
  readonly #crashes = new Counter({
    name: 'plimsoll_worker_crashes_total',
    help: 'Threads with sessions that ended and were started again.',
  });
  readonly #instruments: readonly Instrument[];
  readonly #succeeded = this.#requests.cell('ok', '');
  readonly #refused: Partial<Record<Refusal, { value: number }>> = {};
  readonly #posts = this.#http.cell('POST', '200');

  constructor(sources: MetricsSources) {
    this.#instruments = [
      this.#http,
      this.#httpSeconds,
      this.#calls,
      this.#requests,
      this.#queueSeconds,
      this.#computeSeconds,
      this.#requestSeconds,
      this.#batchRows,
      this.#batchRequests,
      this.#crashes,
      ...makeServerGauges(sources),
      ...makeProcessGauges(),
    ];
  }

  get names(): readonly string[] {
    return this.#instruments.map(({ name }) => name);
  }

  /** In Prometheus' text format, version 0.0.4. */
  render(): string {
    return this.#instruments.map((instrument) => instrument.render()).join('');
  }

  answered(method: string, status: number, milliseconds: number): void {
    if (status === 200 && method === 'POST') this.#posts.value++;
    else this.#http.count(METHODS.has(method) ? method : 'other', String(status));
    this.#httpSeconds.observe(milliseconds / 1000);
  }

  called(path: string, status: number): void {
    const [, service = 'other', method = 'other'] = /^\/(.+)\/(.+)$/.exec(path) ?? [];
    this.#calls.count(service, method, GRPC_CODES[status] ?? 'Unknown');
  }

  refused(reason: Refusal): void {
    this.#refused[reason] ??= this.#requests.cell('refused', reason);
    this.#refused[reason].value++;
  }

  waited(milliseconds: number): void {
    this.#queueSeconds.observe(milliseconds / 1000);
  }

  ran({
    rows,
    jobs,
    milliseconds,
  }: {
    readonly rows: number;
    readonly jobs: number;
    readonly milliseconds: number;
  }): void {
    this.#computeSeconds.observe(milliseconds / 1000);
    this.#batchRows.observe(rows);
    this.#batchRequests.observe(jobs);
  }

  succeeded({ wholeMs }: RunFacts): void {
    this.#succeeded.value++;
    this.#requestSeconds.observe(wholeMs / 1000);
  }

  failed(isClients: boolean): void {
    this.#requests.count('failed', isClients ? 'model-refused' : 'runtime');
  }

  crashed(): void {
    this.#crashes.count();
  }
}

/** By number, as the client libraries for Go and Java write them. */
const GRPC_CODES = [
  ...['OK', 'Canceled', 'Unknown', 'InvalidArgument', 'DeadlineExceeded', 'NotFound', 'AlreadyExists'],
  ...['PermissionDenied', 'ResourceExhausted', 'FailedPrecondition', 'Aborted', 'OutOfRange', 'Unimplemented'],
  ...['Internal', 'Unavailable', 'DataLoss', 'Unauthenticated'],
];

function makeServerGauges(sources: MetricsSources): Gauge[] {
  const { model, modelVersion, serverVersion } = sources;
  const info = { version: serverVersion, model, model_version: modelVersion };
  return [
    new Gauge({ name: 'plimsoll_build_info', help: 'What serves what.', labels: info }, () => 1),
    new Gauge({ name: 'plimsoll_ready', help: 'Whether requests are taken.' }, () => (sources.isReady() ? 1 : 0)),
    new Gauge(
      { name: 'plimsoll_waiting_requests', help: 'Requests of which rows wait for the model.' },
      sources.waiting,
    ),
    new Gauge({ name: 'plimsoll_admitted_bytes', help: 'Bytes that requests hold.' }, sources.heldBytes),
    new Gauge({ name: 'plimsoll_admitted_limit_bytes', help: 'Bytes that requests may hold.' }, () =>
      finiteOrNull(sources.capacityBytes()),
    ),
    new Gauge(
      { name: 'plimsoll_memory_limit_bytes', help: 'The memory limit that admission goes by.' },
      sources.limitBytes,
    ),
    new Gauge({ name: 'plimsoll_workers', help: 'Threads with sessions of their own.' }, sources.workers),
  ];
}

function finiteOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
