import { execFileSync } from 'node:child_process';
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

const rows: { readonly startSeconds: number; readonly idleMiB: number; readonly created: number }[] = [];
for (let round = 0; round < rounds; round++) rows.push(await measure());
console.log(`${image}, medians of ${rounds}:`);
console.log(
  `container start to first answer ${median(rows.map((row) => row.startSeconds)).toFixed(2)} s (${spread(rows.map((row) => row.startSeconds))})`,
);
console.log(
  `of which the engine needs for a container of the same image that only prints its version: ${median(rows.map((row) => row.created)).toFixed(2)} s`,
);
console.log(
  `idle memory ${median(rows.map((row) => row.idleMiB)).toFixed(1)} MiB (${spread(rows.map((row) => row.idleMiB))})`,
);

async function measure() {
  const created = timed(() => docker('run', '--rm', '--entrypoint', '/usr/local/bin/node', image, '--version'));
  const id = docker(
    'create',
    '--publish',
    '127.0.0.1::8080',
    '--memory',
    '256m',
    '--read-only',
    '--cap-drop',
    'ALL',
    image,
  );
  try {
    const begun = performance.now();
    docker('start', id);
    const address = `http://${docker('port', id, '8080/tcp').split('\n')[0]}/v2/models/ticket-classifier/infer`;
    while (!(await answers(address))) {
      if (performance.now() - begun > LIMIT_MS) throw new Error(docker('logs', id));
    }
    const startSeconds = (performance.now() - begun) / 1000;
    await sleep(2000);
    // The engine shows memory less the page cache that the kernel could take back.
    const shown = docker('stats', '--no-stream', '--format', '{{.MemUsage}}', id);
    return { startSeconds, idleMiB: Number.parseFloat(shown), created };
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
  return Promise.race([asked, sleep(300, false)]);
}

function docker(...parameters: string[]): string {
  return execFileSync('docker', parameters, { encoding: 'utf8' }).trim();
}

function timed(work: () => unknown): number {
  const begun = performance.now();
  work();
  return (performance.now() - begun) / 1000;
}
