import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Plan } from '../../schemas/plan.ts';
import { bundleServer } from '../../scripts/bundle-server.ts';
import { runtimeFolder } from '../support/runtime.ts';
import { NO_DIGEST } from './plans.ts';

const FIXTURES = fileURLToPath(new URL('fixtures/', import.meta.url));

export interface ServerSetup {
  /** Name of a fixture, for `model.onnx`. */
  readonly fixture: string;
  readonly plan: Plan;
  readonly environment?: Readonly<Record<string, string>>;
}

/** A server process as the image runs it: the bundle, the runtime beside it, a plan and a model. */
export interface RunningServer {
  readonly process: ChildProcess;
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Standard output and error so far. */
  readonly output: { stdout: string; stderr: string };
  /** Exit code, or the signal that ended it. */
  readonly exit: Promise<number | string>;
  port(): number;
  grpcPort(): number;
}

let workspace: string | undefined;

/** A folder with the bundle, made once for all tests; it goes when the tests end. */
async function bundledServer(): Promise<string> {
  if (workspace === undefined) {
    const folder = mkdtempSync(join(tmpdir(), 'plimsoll-server-'));
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
    await bundleServer(join(folder, 'server.mjs'));
    workspace = folder;
  }
  return workspace;
}

/** Starts a server without waiting for anything. The caller ends it. */
export async function spawnServer(setup: ServerSetup): Promise<RunningServer> {
  const shared = await bundledServer();
  const folder = mkdtempSync(join(shared, 'app-'));
  copyFileSync(join(shared, 'server.mjs'), join(folder, 'server.mjs'));
  const runtime = runtimeFolder();
  if (runtime) symlinkSync(join(runtime, 'node_modules'), join(folder, 'node_modules'));
  mkdirSync(join(folder, 'model'));
  copyFileSync(join(FIXTURES, `${setup.fixture}.onnx`), join(folder, 'model', 'model.onnx'));
  writeFileSync(join(folder, 'model', 'plan.json'), JSON.stringify(withDigest(setup)));
  const environment = {
    PLIMSOLL_HTTP_PORT: '0',
    PLIMSOLL_GRPC_PORT: '0',
    PLIMSOLL_HOST: '127.0.0.1',
    ORT_DISABLE_TELEMETRY: '1',
    ...setup.environment,
  };
  const child = spawn(process.execPath, ['server.mjs'], { cwd: folder, env: environment });
  const output = { stdout: '', stderr: '' };
  child.stdout?.setEncoding('utf8').on('data', (text) => {
    output.stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text) => {
    output.stderr += text;
  });
  const exit = once(child, 'close').then(([code, signal]) => code ?? signal);
  return {
    process: child,
    folder,
    environment,
    output,
    exit,
    port: () => readyLine(output.stdout).port,
    grpcPort: () => readyLine(output.stdout).grpcPort,
  };
}

/** The plan with the fixture's own digest, unless the test gave another one. */
function withDigest({ plan, fixture }: ServerSetup): Plan {
  if (plan.model.digest !== NO_DIGEST) return plan;
  const digest = createHash('sha256')
    .update(readFileSync(join(FIXTURES, `${fixture}.onnx`)))
    .digest('hex');
  return { ...plan, model: { ...plan.model, digest: `sha256:${digest}` } };
}

/** Starts a server and waits until it says that it is ready. */
export async function startServer(setup: ServerSetup): Promise<RunningServer> {
  const server = await spawnServer(setup);
  await new Promise<void>((resolve, reject) => {
    const look = () => server.output.stdout.includes('\n') && resolve();
    server.process.stdout?.on('data', look);
    server.exit.then((code) => reject(new Error(`the server ended with ${code}: ${server.output.stderr}`)));
  });
  return server;
}

/** For a suite: skips it where there is no runtime, and ends after it the servers that it starts by what this gives. */
export function useServers(): (setup: ServerSetup) => Promise<RunningServer> {
  const starting: Promise<RunningServer>[] = [];
  before(function () {
    if (runtimeFolder() === undefined) this.skip();
  });
  after(async () => {
    for (const started of await Promise.allSettled(starting)) {
      if (started.status === 'rejected') continue;
      started.value.process.kill('SIGKILL');
      await started.value.exit;
    }
  });
  return (setup) => {
    const server = startServer(setup);
    starting.push(server);
    return server;
  };
}

export interface ReadyLine {
  readonly event: string;
  readonly readyMs: number;
  readonly model: string;
  readonly port: number;
  readonly grpcPort: number;
  readonly warmUp: string;
  readonly workers: number;
}

export function readyLine(stdout: string): ReadyLine {
  return JSON.parse(stdout.split('\n')[0] ?? '') as ReadyLine;
}

/** Runs the bundle to its end with other arguments, in a server's folder. */
export async function runCommand(server: RunningServer, args: readonly string[]): Promise<number | string> {
  const environment = { ...server.environment, PLIMSOLL_HTTP_PORT: String(server.port()) };
  const child = spawn(process.execPath, ['server.mjs', ...args], { cwd: server.folder, env: environment });
  const [code, signal] = await once(child, 'close');
  return code ?? signal;
}

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

export async function ask(server: RunningServer, path: string, init: RequestInit = {}): Promise<Reply> {
  const response = await fetch(`http://127.0.0.1:${server.port()}${path}`, init);
  return { status: response.status, headers: response.headers, text: await response.text() };
}

export function infer(server: RunningServer, body: string, headers: Record<string, string> = {}): Promise<Reply> {
  return ask(server, '/v2/models/model/infer', {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', ...headers },
  });
}
