import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { argument, median, spread } from './figures.ts';

/**
 * Start of the example's container to its first answer, idle memory by the engine's own account without page cache, and the
 * image's size. The image has to be in the engine: plimsoll package examples/sklearn --load. Usage: npx tsx bench/container.ts [--rounds N]
 */
const rounds = Number(argument('rounds') ?? 5);
const image = argument('image') ?? 'ticket-classifier:latest';
const request = JSON.stringify({
  inputs: [{ name: 'text', datatype: 'BYTES', shape: [1], data: ['I want my money back'] }],
});
const LIMIT_MS = 20_000;
const PORT = 18_080;

const rows: Awaited<ReturnType<typeof measure>>[] = [];
for (let round = 0; round < rounds; round++) rows.push(await measure());
const starts = rows.map((row) => row.startSeconds);
const idle = rows.map((row) => row.idleMiB);
console.log(`${image}, medians of ${rounds}:`);
console.log(`container start to first answer ${median(starts).toFixed(2)} s (${spread(starts)})`);
console.log(`with the engine's own work before it: ${median(rows.map((row) => row.wholeSeconds)).toFixed(2)} s`);
console.log(`idle memory ${median(idle).toFixed(1)} MiB (${spread(idle)})`);

async function measure() {
  const id = docker(
    'create',
    '--publish',
    `127.0.0.1:${PORT}:8080`,
    '--memory',
    '256m',
    '--read-only',
    '--cap-drop',
    'ALL',
    image,
  );
  try {
    const asked = Date.now();
    // Not waited for: the client says that the container runs some time after it does.
    const started = once(spawn('docker', ['start', id]), 'exit');
    while (!(await answers(`http://127.0.0.1:${PORT}/v2/models/ticket-classifier/infer`))) {
      if (Date.now() - asked > LIMIT_MS) throw new Error(docker('logs', id));
      await sleep(4);
    }
    const answered = Date.now();
    await started;
    // When the engine had set the container up and started its process; what comes before is the engine's own work.
    const began = Date.parse(docker('inspect', '--format', '{{.State.StartedAt}}', id));
    await sleep(2000);
    // The engine shows memory less the page cache that the kernel could take back.
    const shown = docker('stats', '--no-stream', '--format', '{{.MemUsage}}', id);
    return {
      startSeconds: (answered - began) / 1000,
      wholeSeconds: (answered - asked) / 1000,
      idleMiB: Number.parseFloat(shown),
    };
  } finally {
    docker('rm', '--force', id);
  }
}

async function answers(address: string): Promise<boolean> {
  const asked = fetch(address, { method: 'POST', headers: { 'content-type': 'application/json' }, body: request }).then(
    async (answer) => (await answer.text()) !== '' && answer.status === 200,
    () => false,
  );
  // The engine's proxy may take a connection before anybody listens behind it.
  return Promise.race([asked, sleep(40, false)]);
}

function docker(...parameters: string[]): string {
  return execFileSync('docker', parameters, { encoding: 'utf8' }).trim();
}
