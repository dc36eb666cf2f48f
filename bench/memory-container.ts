import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, linkSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { type ClientRequest, request } from 'node:http';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Plan, SERVED_TYPES } from '../schemas/plan.ts';
import { findGroup } from '../src/container/cgroup/find-group.ts';
import { mappedBytesOf } from '../src/container/cgroup/mapped-bytes.ts';
import { MemoryGroup } from '../src/container/cgroup/memory-group.ts';
import type { Model, ValueInfo } from '../src/onnx/model.ts';
import { mayLinkData } from '../src/onnx/place-data.ts';
import { readModel } from '../src/onnx/read-model.ts';
import { makeMemoryTable } from '../src/recipes/memory-table.ts';
import { holdsFilters, withoutHeldFilters } from '../src/validate/memory/held-filters.ts';
import { PLANNED_ENVIRONMENT, type Profile, sessionOptions } from '../src/validate/runtime/session-options.ts';
import { argument } from './figures.ts';
import { type MadeRequest, makeRequest, type Travel } from './memory-request.ts';
import type { Sizes } from './memory-truth.ts';

/**
 * What a model takes in the image that ships, by the kernel's own count: the server bundle in a container of the engine, under a
 * limit, with a root that cannot be written to and none of its files in the page cache, answering requests over HTTP. Needs the
 * engine, an image that `plimsoll package --load` made, and the right to read the container's cgroup.
 */
export interface ContainerOptions {
  readonly image: string;
  readonly profile: Profile;
  readonly limitBytes: number;
  readonly travel: Travel;
  /** What inputs of one float without dimensions hold at the measured shape. */
  readonly scalar?: number;
  readonly elementsFirst?: boolean;
  /** From the smallest to the largest. */
  readonly shapes: readonly Sizes[];
  /** Which of them is measured; the last if not given. */
  readonly shape?: Sizes;
  /** Further requests at that shape, with their times; 0 if not given. */
  readonly runs?: number;
  /** For a folder that the model is laid out in. */
  readonly scratch: string;
  /** Whether the engine checks its health, every second; false if not given. */
  readonly healthChecks?: boolean;
  /** Longest wait for one answer. */
  readonly patienceMs?: number;
  /** Only how requests fare: what is charged is not counted apart, so that others may disturb it; false if not given. */
  readonly onlyRuns?: boolean;
  /** Whether the server has the memory plan that an image's has, by which it admits requests; false if not given. */
  readonly isPlanned?: boolean;
  /** Only the larger of both peaks: a start on another thread than the runs then counts where it took less; false if not given. */
  readonly onlyLargerPeak?: boolean;
}

export interface ContainerTruth {
  /** With everything that the server holds before any request but the warm-up, files left out. */
  readonly readyBytes: number;
  /** Unreclaimable, up to readiness: of a second start, whose files are in the cache and charged to the first. */
  readonly createPeakBytes: number;
  /** Unreclaimable, over requests at the shape: three, one at the smallest shape, two more. */
  readonly runPeakBytes: number;
  /** Files charged to the container, at the end. */
  readonly fileBytes: number;
  /** The most that was charged, files included. */
  readonly chargedPeakBytes: number;
  readonly requestBytes: number;
  readonly answerBytes: number;
  readonly readyMs: number;
  /** Threads with sessions of their own; the server decides by the time that a row takes. */
  readonly workers: number;
  readonly runMs: readonly number[];
  readonly outcome: 'answered' | 'killed' | 'stalled';
}

const READY_MS = 60_000;
const PATIENCE_MS = 300_000;
const SETTLING_REQUESTS = 300;
const SETTLING_MS = 1000;

/** Others on the machine take pages of files from under the count, or make a light model look heavy. */
const ATTEMPTS = 5;

/** @throws Error where no attempt went by undisturbed */
export async function measureContainer(prepared: string, options: ContainerOptions): Promise<ContainerTruth> {
  const model = readModel(prepared);
  const shape = options.shape ?? options.shapes.at(-1) ?? {};
  const requests = {
    large: makeRequest(model, shape, options),
    small: makeRequest(model, options.shapes[0] ?? shape, { ...options, scalar: 1 }),
  };
  const folder = layOut(prepared, model, options);
  try {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const { disturbed, ...truth } = await measureOnce(folder, requests, options);
      if (disturbed === null) return truth;
      console.error(`${prepared}: ${disturbed}; measured again`);
    }
    throw new Error(`${prepared}: never undisturbed in ${ATTEMPTS} attempts`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

interface Requests {
  readonly large: MadeRequest;
  readonly small: MadeRequest;
}

async function measureOnce(
  folder: string,
  { large, small }: Requests,
  options: ContainerOptions,
): Promise<ContainerTruth & { readonly disturbed: string | null }> {
  dropFromCache(folder);
  // Not from under another container, which is charged for them.
  if (docker('ps', '--quiet', '--filter', `ancestor=${options.image}`) === '')
    for (const layer of layersOf(options.image)) dropFromCache(layer);
  const container = new Container(folder, options);
  try {
    const cold = await container.waitUntilReady();
    if (cold === 'killed' || cold === 'stalled') {
      console.error(container.logs());
      return { ...container.failed(cold), disturbed: null };
    }
    const { lostFileBytes, ...runs } = await container.measureRuns(large, small, options.runs ?? 0);
    const workers = container.workers();
    if (options.onlyRuns) {
      const counted = { readyBytes: Number.NaN, createPeakBytes: Number.NaN, requestBytes: large.body.length };
      return { ...runs, ...counted, readyMs: cold, workers, disturbed: null };
    }
    let createPeakBytes = 0;
    let isAlike = false;
    for (let start = 0; start < ATTEMPTS && !isAlike; start++) {
      container.restart();
      const warm = await container.waitUntilReady();
      if (warm === 'killed' || warm === 'stalled') return { ...container.failed(warm), disturbed: null };
      createPeakBytes = container.group.unreclaimablePeakBytes;
      const isLess = options.onlyLargerPeak === true && createPeakBytes < runs.runPeakBytes;
      isAlike = isLess || container.workers() === workers;
    }
    await container.settle();
    return {
      ...runs,
      readyBytes: container.group.currentBytes - container.group.fileBytes,
      createPeakBytes,
      requestBytes: large.body.length,
      readyMs: cold,
      workers,
      disturbed:
        lostFileBytes > LOST_BYTES
          ? `${lostFileBytes} bytes of files left the cache during the runs`
          : isAlike
            ? null
            : 'the model ran on another thread after further starts',
    };
  } finally {
    container.remove();
  }
}

/** Fewer than this are noise. */
const LOST_BYTES = 2 ** 18;

/** Of the server while nothing runs: mapped files that it touched, and what the image's own check of health takes beside it. */
export async function measureStanding(
  prepared: string,
  options: ContainerOptions,
): Promise<{ readonly mappedBytes: number; readonly healthCheckBytes: number }> {
  const folder = layOut(prepared, readModel(prepared), options);
  const container = new Container(folder, options);
  try {
    await container.waitUntilReady();
    container.restart();
    await container.waitUntilReady();
    await container.settle();
    const mappedBytes = container.mappedBytes();
    const before = container.group.currentBytes;
    container.group.countAnew();
    container.checkHealth();
    const healthCheckBytes = Math.max(0, container.group.peakBytes - before);
    return { mappedBytes, healthCheckBytes };
  } finally {
    container.remove();
    rmSync(folder, { recursive: true });
  }
}

class Container {
  readonly #options: ContainerOptions;
  readonly #id: string;
  #port = 0;
  #group: MemoryGroup | undefined;

  constructor(folder: string, options: ContainerOptions) {
    this.#options = options;
    const health = options.healthChecks ? ['--health-interval', '1s'] : ['--no-healthcheck'];
    this.#id = docker(
      ...['run', '--detach', '--read-only', '--cap-drop', 'ALL', '--publish', '127.0.0.1::8080', ...health],
      ...['--memory', String(options.limitBytes), '--memory-swap', String(options.limitBytes)],
      ...['--volume', `${folder}:/app/model:ro`, '--volume', `${serverBundle()}:/app/server.mjs:ro`, options.image],
    );
    this.#findPort();
  }

  /** Of version 1 or 2; a restarted container has a new one. */
  get group(): MemoryGroup {
    this.#group ??= this.#openGroup();
    return this.#group;
  }

  #openGroup(): MemoryGroup {
    const pid = Number(docker('inspect', '--format', '{{.State.Pid}}', this.#id));
    const found = findGroup(pid);
    if (!found?.folder.includes(this.#id)) throw new Error('the memory of the container cannot be read from here');
    return new MemoryGroup(found.folder, found.version);
  }

  async waitUntilReady(): Promise<number | 'killed' | 'stalled'> {
    const began = performance.now();
    for (let asked = 0; performance.now() - began < READY_MS; asked++) {
      if (asked % 50 === 49 && !this.#isRunning()) return 'killed';
      const answer = await get(this.#port, '/v2/health/ready').catch(() => null);
      if (answer === 200) return performance.now() - began;
      await sleep(20);
    }
    return 'stalled';
  }

  async measureRuns(large: MadeRequest, small: MadeRequest, further: number) {
    const { group } = this;
    const charged = group.peakBytes;
    await this.#settleIn(small);
    await this.settle();
    group.countAnew();
    const runMs: number[] = [];
    let answerBytes = 0;
    let outcome: ContainerTruth['outcome'] = 'answered';
    for (const made of [large, large, large, small, large, large, ...new Array<MadeRequest>(further).fill(large)]) {
      const began = performance.now();
      const answer = await this.#send(made);
      if (typeof answer === 'string') {
        outcome = answer;
        break;
      }
      answerBytes = Math.max(answerBytes, answer);
      if (made === large) runMs.push(performance.now() - began);
    }
    const peak = outcome === 'answered' ? group.peakBytes : 0;
    const fileBytes = outcome === 'answered' ? group.fileBytes : 0;
    return {
      runPeakBytes: outcome === 'answered' ? group.unreclaimablePeakBytes : 0,
      chargedPeakBytes: Math.max(charged, peak),
      fileBytes,
      lostFileBytes: outcome === 'answered' ? group.lostFileBytes : 0,
      runMs,
      answerBytes,
      outcome,
    };
  }

  /** What runs for long has compiled what it runs often: some hundred small requests come first. */
  async #settleIn(small: MadeRequest): Promise<void> {
    const began = performance.now();
    for (let sent = 0; sent < SETTLING_REQUESTS && performance.now() - began < SETTLING_MS; sent++)
      if (typeof (await this.#send(small)) === 'string') return;
    for (let sent = 0; sent < SETTLING_REQUESTS / 4; sent++)
      await get(this.#port, '/v2/health/ready').catch(() => null);
  }

  async #send(made: MadeRequest): Promise<number | 'killed' | 'stalled'> {
    const patienceMs = this.#options.patienceMs ?? PATIENCE_MS;
    try {
      const { status, bytes, text } = await post(this.#port, made, patienceMs);
      if (status !== 200) throw new Error(`the server answered ${status}: ${text}`);
      return bytes;
    } catch (error) {
      if (error instanceof Error && error.message.startsWith('the server answered')) throw error;
      return this.#isRunning() ? 'stalled' : 'killed';
    }
  }

  /** Charges of a freed page reach the counter in batches. */
  async settle(): Promise<void> {
    await sleep(300);
  }

  restart(): void {
    this.#closeGroup();
    docker('restart', '--time', '1', this.#id);
    this.#findPort();
  }

  failed(outcome: 'killed' | 'stalled'): ContainerTruth {
    const nothing = { readyBytes: 0, createPeakBytes: 0, runPeakBytes: 0, fileBytes: 0, chargedPeakBytes: 0 };
    return { ...nothing, requestBytes: 0, answerBytes: 0, readyMs: 0, workers: 0, runMs: [], outcome };
  }

  /** Since the last start. */
  workers(): number {
    const told = [...docker('logs', this.#id).matchAll(/"workers":(\d+)/g)];
    return Number(told.at(-1)?.[1] ?? 0);
  }

  mappedBytes(): number {
    return mappedBytesOf(Number(docker('inspect', '--format', '{{.State.Pid}}', this.#id)));
  }

  checkHealth(): void {
    docker('exec', this.#id, '/usr/local/bin/node', '/app/server.mjs', '--health');
  }

  logs(): string {
    return docker('logs', '--tail', '5', this.#id);
  }

  remove(): void {
    this.#closeGroup();
    docker('rm', '--force', this.#id);
  }

  #closeGroup(): void {
    this.#group?.close();
    this.#group = undefined;
  }

  #findPort(): void {
    try {
      this.#port = Number(docker('port', this.#id, '8080/tcp').split(':').at(-1));
    } catch {
      // Gone already: whoever waits for it to be ready finds that out.
      this.#port = 0;
    }
  }

  #isRunning(): boolean {
    return docker('inspect', '--format', '{{.State.Running}}', this.#id) === 'true';
  }
}

function layOut(prepared: string, model: Model, options: ContainerOptions): string {
  const folder = join(options.scratch, `served-${process.pid}-${basename(dirname(prepared))}`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const files = readdirSync(dirname(prepared)).filter((name) => /^model\.(onnx|data)$/.test(name));
  const put = mayLinkData(model) ? place : copyFileSync;
  for (const name of files) put(join(dirname(prepared), name), join(folder, name));
  const { profile } = options;
  const bounds = Object.fromEntries(
    Object.entries(options.shape ?? options.shapes.at(-1) ?? {}).filter(([name]) => !name.includes('[')),
  );
  // Filters that are not held are no inputs that a request may bring.
  const { graph } = withoutHeldFilters(model);
  const holds = profile === 'lean' && holdsFilters(model);
  const plan: Plan = {
    schema: 'plimsoll.plan/1',
    name: 'measured',
    version: '000000000000',
    model: {
      file: 'model.onnx',
      digest: digestOf(join(folder, 'model.onnx')),
      data: files
        .filter((name) => name !== 'model.onnx')
        .map((name) => ({
          file: name,
          digest: digestOf(join(folder, name)),
          bytes: statSync(join(folder, name)).size,
        })),
      optionalInputs: graph.initializers
        .map(({ name }) => name)
        .filter((name) => graph.inputs.some((input) => input.name === name)),
      inputs: graph.inputs.map(signatureOf),
      outputs: graph.outputs.map(signatureOf),
    },
    bounds,
    profile,
    ...(holds && { holdsFilters: true }),
    sessionOptions: { ...sessionOptions(profile, { holdsFilters: holds }) },
    environment: { ...PLANNED_ENVIRONMENT },
    limits: { bodyBytes: 2 ** 30, queue: 16 },
    batching: { state: 'off', why: 'measured by itself' },
    concurrency: 1,
    memory: options.isPlanned === true ? makeMemoryTable({ model, profile, bounds, maxSize: null }) : null,
    memoryBytes: null,
  };
  writeFileSync(join(folder, 'plan.json'), JSON.stringify(Plan.parse(plan)));
  return folder;
}

function digestOf(path: string): string {
  return `sha256:${createHash('sha256').update(readFileSync(path)).digest('hex')}`;
}

function place(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to);
  }
}

function signatureOf({ name, type }: ValueInfo): Plan['model']['inputs'][number] {
  const elementType = SERVED_TYPES.find((served) => type?.kind === 'tensor' && served === type.elementType);
  if (type?.kind !== 'tensor' || !elementType) throw new Error(`${name} is of a type that is not served`);
  const shape = type.shape?.map((size) => (typeof size === 'number' && size < 0 ? null : size)) ?? null;
  return { name, elementType, shape };
}

function serverBundle(): string {
  return argument('server') ?? fileURLToPath(new URL('../dist/templates/server/server.mjs', import.meta.url));
}

const layers = new Map<string, readonly string[]>();

function layersOf(image: string): readonly string[] {
  const known = layers.get(image);
  if (known) return known;
  const { LowerDir = '', UpperDir = '' } = JSON.parse(
    docker('image', 'inspect', '--format', '{{json .GraphDriver.Data}}', image),
  ) as { LowerDir?: string; UpperDir?: string };
  const found = [...LowerDir.split(':'), UpperDir].filter((folder) => folder !== '');
  layers.set(image, found);
  return found;
}

/** Files of less than this are read once and small beside the rest. */
const LARGE_BYTES = 2 ** 20;

/** The pages that no process has mapped leave the cache, so that the next reader is charged for them. */
function dropFromCache(folder: string): void {
  for (const name of readdirSync(folder, { recursive: true }) as string[]) {
    const path = join(folder, name);
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat?.isFile() && stat.size >= LARGE_BYTES)
      execFileSync('dd', [`if=${path}`, 'of=/dev/null', 'iflag=nocache', 'count=0', 'status=none']);
  }
}

function docker(...parameters: string[]): string {
  return execFileSync('docker', parameters, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
}

function get(port: number, path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path, agent: false, timeout: 2000 }, (answer) => {
      answer.resume();
      answer.on('end', () => resolve(answer.statusCode ?? 0));
    });
    endOn(asked, reject);
  });
}

interface Posted {
  readonly status: number;
  readonly bytes: number;
  readonly text: string;
}

function post(port: number, { body, headers }: MadeRequest, patienceMs: number): Promise<Posted> {
  return new Promise((resolve, reject) => {
    const asked = request(
      {
        method: 'POST',
        host: '127.0.0.1',
        port,
        path: '/v2/models/measured/infer',
        agent: false,
        timeout: patienceMs,
        headers: { ...headers, 'content-length': body.length },
      },
      (answer) => {
        let bytes = 0;
        let text = '';
        answer.on('data', (piece: Buffer) => {
          bytes += piece.length;
          if (text.length < 500) text += piece.toString('latin1').slice(0, 500);
        });
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, bytes, text }));
        answer.on('error', reject);
      },
    );
    endOn(asked, reject, body);
  });
}

function endOn(asked: ClientRequest, reject: (error: Error) => void, body?: Buffer): void {
  asked.on('timeout', () => asked.destroy(new Error('no answer in time')));
  asked.on('error', reject);
  asked.end(body);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , model = '', profile = 'lean', sizes = '{}', image = 'ticket-classifier:latest', travel = 'json'] =
    process.argv;
  const shapes = [JSON.parse(sizes) as Sizes];
  const limitBytes = 4 * 2 ** 30;
  const scratch = '/tmp';
  console.log(
    await measureContainer(model, {
      image,
      profile: profile as Profile,
      limitBytes,
      shapes,
      scratch,
      travel: travel as Travel,
    }),
  );
}
