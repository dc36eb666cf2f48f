import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { argument } from './figures.ts';
import { start } from './serve/contestants.ts';
import { RawConnection, rawRequest } from './serve/raw-client.ts';
import { setUp } from './serve/setup.ts';

/**
 * SIGTERM to the server as process 1 of a namespace, under the load of 16 connections: what it had taken in and did not answer, and what
 * was sent on open connections and met a reset. Needs root. Usage: taskset -c 1 npx tsx bench/serve-stop.ts [--tries N] [--work FOLDER]
 */
const tries = Number(argument('tries') ?? 20);
const CONNECTIONS = 16;

const work = await setUp(['mlp']);
const request = rawRequest(readFileSync(work.body('mlp', 1)));
let clean = 0;
for (let attempt = 1; attempt <= tries; attempt++) {
  const server = await start('plimsoll', {
    work,
    model: 'mlp',
    within: ['unshare', '--pid', '--fork', '--kill-child'],
  });
  const exited = new Promise<number | null>((resolve) => server.process.once('exit', (code) => resolve(code)));
  const clients = await Promise.all(Array.from({ length: CONNECTIONS }, () => RawConnection.open(server.port)));
  const counts = { answered: 0, afterSignal: 0, lost: 0 };
  let signalled = Number.POSITIVE_INFINITY;
  const working = clients.map(async (connection) => {
    for (;;) {
      try {
        const { status, isLast } = await connection.ask(request);
        if (status !== 200) throw new Error(`status ${status}`);
        counts.answered++;
        if (performance.now() > signalled) counts.afterSignal++;
        if (isLast) return;
      } catch {
        counts.lost++;
        return;
      }
    }
  });
  await sleep(300 + 37 * attempt);
  signalled = performance.now();
  process.kill(
    Number(readFileSync(`/proc/${server.process.pid}/task/${server.process.pid}/children`, 'utf8').split(' ')[0]),
    'SIGTERM',
  );
  await Promise.all(working);
  const code = await exited;
  const isClean = counts.lost === 0 && code === 0;
  if (isClean) clean++;
  const took = ((performance.now() - signalled) / 1000).toFixed(2);
  console.log(
    `try ${attempt}: ${counts.answered} answered, ${counts.afterSignal} after the signal, ${counts.lost} lost, exit ${code} after ${took} s`,
  );
}
console.log(`${clean} of ${tries} without a loss`);
process.exit(clean === tries ? 0 : 1);
