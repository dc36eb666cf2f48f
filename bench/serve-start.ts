import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { RUNTIME_ENVIRONMENT } from '../src/validate/runtime/session-options.ts';
import { argument, median } from './figures.ts';
import { type ModelName, setUp } from './serve/setup.ts';

/**
 * Start to ready by the clock of whoever starts it, against what creating the session took, and idle memory that no file backs.
 * Usage: npx tsx bench/serve-start.ts [--rounds N] [--models tiny,mlp,encoder,large] [--work FOLDER] [--node FILE]
 */
const rounds = Number(argument('rounds') ?? 5);
const models = (argument('models')?.split(',') ?? ['tiny', 'mlp', 'encoder', 'large']) as ModelName[];
const work = await setUp(models);

for (const model of models) {
  const found: { wall: number; load: number; idle: number; rss: number }[] = [];
  for (let round = 0; round < rounds; round++) found.push(await once(work.server(model)));
  const wall = median(found.map((row) => row.wall));
  const load = median(found.map((row) => row.load));
  console.log(
    `${model.padEnd(8)} ready after ${wall.toFixed(0)} ms, of which session ${load.toFixed(0)} ms (${(wall / load).toFixed(2)} x it); idle ` +
      `${median(found.map((row) => row.idle)).toFixed(1)} MiB that no file backs, ${median(found.map((row) => row.rss)).toFixed(1)} MiB resident`,
  );
}

async function once(main: string): Promise<{ wall: number; load: number; idle: number; rss: number }> {
  const begun = performance.now();
  const child = spawn('taskset', ['-c', '0', argument('node') ?? process.execPath, main], {
    cwd: dirname(main),
    env: { ...RUNTIME_ENVIRONMENT, PLIMSOLL_HTTP_PORT: '0', PLIMSOLL_GRPC_PORT: '0', PLIMSOLL_HOST: '127.0.0.1' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const { event, loadMs } = JSON.parse(line);
    if (event !== 'ready') continue;
    const wall = performance.now() - begun;
    await sleep(1500);
    const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
    const kibibytes = (field: string) => Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(status)?.[1]);
    child.kill('SIGKILL');
    return { wall, load: loadMs, idle: kibibytes('RssAnon') / 1024, rss: kibibytes('VmRSS') / 1024 };
  }
  throw new Error('it did not get ready');
}
