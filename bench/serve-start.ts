import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { RUNTIME_ENVIRONMENT } from '../src/validate/runtime/session-options.ts';
import { argument, median } from './figures.ts';
import { NODE, SERVER_CORE } from './serve/contestants.ts';
import { type ModelName, setUp } from './serve/setup.ts';

/**
 * Start to ready by the clock of whoever starts it, against what loading the runtime and creating the session took, and idle memory that no
 * file backs. Beside it, in the same rounds, a bare program on Node that makes the same session and runs it once: the floor; and the session
 * of the model as it was exported, which a program without a prepared model waits for. Usage:
 * npx tsx bench/serve-start.ts [--rounds N] [--models tiny,mlp,encoder,large] [--processors 0,1] [--work FOLDER] [--node FILE]
 */
const rounds = Number(argument('rounds') ?? 5);
const models = (argument('models')?.split(',') ?? ['tiny', 'mlp', 'encoder', 'large']) as ModelName[];
const processors = argument('processors') ?? SERVER_CORE;
const work = await setUp(models);

const BARE = fileURLToPath(new URL('peers/first-result.mjs', import.meta.url));
const SESSION = fileURLToPath(new URL('peers/session-alone.mjs', import.meta.url));

/** Until what is left of the one before is gone. */
const PAUSE_MS = 200;
/** Until a server has nothing left to do. */
const IDLE_MS = 1500;

for (const model of models) {
  const main = work.server(model);
  const servers: Start[] = [];
  const bares: Start[] = [];
  const sessionMs: number[] = [];
  const idles: Memory[] = [];
  for (let round = 0; round < rounds; round++) {
    bares.push(await startOnce([BARE], dirname(main)));
    sessionMs.push((await startOnce([SESSION, work.modelFile(model)], dirname(main))).loadMs);
    servers.push(
      await startOnce([main], dirname(main), async (pid) => {
        await sleep(IDLE_MS);
        idles.push(memoryOf(pid));
      }),
    );
  }
  const anonymous = median(idles.map((idle) => idle.anonymous)).toFixed(1);
  const resident = median(idles.map((idle) => idle.resident)).toFixed(1);
  console.log(
    `${model.padEnd(8)} ready after ${tell(servers)}; idle ${anonymous} MiB that no file backs, ${resident} MiB resident`,
  );
  console.log(`${' '.repeat(8)} a bare program's first result after ${tell(bares)}`);
  const ratio = median(servers.map(({ wallMs }, round) => wallMs / (sessionMs[round] ?? Number.NaN))).toFixed(2);
  console.log(
    `${' '.repeat(8)} session of the exported model after ${median(sessionMs).toFixed(0)} ms; the server is ready after ${ratio} x it`,
  );
}

interface Start {
  readonly wallMs: number;
  readonly loadMs: number;
}

/** Starts a program with its arguments, waits until it says that it is ready, and ends it. */
async function startOnce(
  program: readonly string[],
  folder: string,
  whenReady?: (pid: number) => Promise<void>,
): Promise<Start> {
  const begun = performance.now();
  const child = spawn('taskset', ['-c', processors, NODE, ...program], {
    cwd: folder,
    env: { ...RUNTIME_ENVIRONMENT, PLIMSOLL_HTTP_PORT: '0', PLIMSOLL_GRPC_PORT: '0', PLIMSOLL_HOST: '127.0.0.1' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  for await (const line of createInterface({ input: child.stdout })) {
    const { event, loadMs } = JSON.parse(line);
    if (event !== 'ready') continue;
    const wallMs = performance.now() - begun;
    await whenReady?.(child.pid ?? 0);
    child.kill('SIGKILL');
    await exited;
    await sleep(PAUSE_MS);
    return { wallMs, loadMs };
  }
  throw new Error(`${program.join(' ')} did not get ready`);
}

function tell(starts: readonly Start[]): string {
  const wall = median(starts.map(({ wallMs }) => wallMs)).toFixed(0);
  const load = median(starts.map(({ loadMs }) => loadMs)).toFixed(0);
  const rest = median(starts.map(({ wallMs, loadMs }) => wallMs - loadMs)).toFixed(0);
  const ratio = median(starts.map(({ wallMs, loadMs }) => wallMs / loadMs)).toFixed(2);
  return `${wall} ms, of which runtime and session ${load} ms (${ratio} x it; ${rest} ms beside it)`;
}

/** In MiB. */
interface Memory {
  readonly anonymous: number;
  readonly resident: number;
}

function memoryOf(pid: number): Memory {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const mebibytes = (field: string) => Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(status)?.[1]) / 1024;
  return { anonymous: mebibytes('RssAnon'), resident: mebibytes('VmRSS') };
}
