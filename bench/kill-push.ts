import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startRealRegistry } from '../test/container/registry/real-registry.ts';
import { argument } from './figures.ts';
import { writeLargeModel } from './large-model.ts';

/**
 * Kills `package --push` with SIGKILL at random moments while the model changes from one to the next, and looks after each at what the tag
 * leads to: it has to be something whole, and what an earlier push put there or this one. Every fifth time the next run goes to its end
 * and has to succeed. Usage: npx tsx bench/kill-push.ts [--moments N] [--bytes N] [--seed N]
 */
const moments = Number(argument('moments') ?? 200);
const bytes = Number(argument('bytes') ?? 20e6);
let state = Number(argument('seed') ?? 1);
const place = mkdtempSync(join(tmpdir(), 'plimsoll-kill-'));
const project = join(place, 'project');
mkdirSync(project);
writeFileSync(
  join(project, 'plimsoll.yaml'),
  'name: bench\nmodel: model.onnx\nbounds: { batch: 4 }\nplatforms: [linux/amd64]\n',
);
const registry = await startRealRegistry();
const reference = `${registry.name}/team/bench:1`;

try {
  await changeModel(0);
  await run();
  // How long a run takes whose caches are warm: the moments lie in it.
  await changeModel(1);
  const begun = performance.now();
  let current = await run();
  const runMs = performance.now() - begun;
  const outcomes = { before: 0, after: 0 };
  for (let moment = 0; moment < moments; moment += 1) {
    await changeModel(moment + 2);
    const ended = await run(random() * runMs * 1.1);
    const found = await wholeDigest();
    if (ended !== undefined && found !== ended) throw new Error(`the push ended well, and the tag leads to ${found}`);
    outcomes[found === current ? 'before' : 'after'] += 1;
    current = found;
    if (moment % 5 === 4) {
      current = await run();
      if ((await wholeDigest()) !== current) throw new Error('the next run did not move the tag');
    }
  }
  console.log(`a run takes ${(runMs / 1000).toFixed(1)} s; killed at ${moments} moments of it:`);
  console.log(
    `the tag led to what was there before ${outcomes.before} times, to the new image ${outcomes.after} times`,
  );
  console.log('never to something incomplete; each next run succeeded');
} finally {
  await registry.close();
  rmSync(place, { recursive: true, force: true });
}

async function changeModel(seed: number): Promise<void> {
  await writeLargeModel(join(project, 'model.onnx'), { bytes, seed });
}

/** The digest that the run prints; nothing where it was killed, which it is after `killMs`. */
async function run(): Promise<string>;
async function run(killMs: number): Promise<string | undefined>;
async function run(killMs?: number): Promise<string | undefined> {
  const child = spawn(process.execPath, ['dist/src/cli.js', 'package', '--no-frozen', project, '--push', reference], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const text: Record<'stdout' | 'stderr', string> = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].on('data', (chunk: Buffer) => {
      text[name] += chunk.toString();
    });
  }
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  if (killMs !== undefined) {
    await Promise.race([sleep(killMs), ended]);
    child.kill('SIGKILL');
  }
  const code = await ended;
  if (code === 0) return text.stdout.trim().split('@').at(-1);
  if (code === null) return undefined;
  throw new Error(`exit ${code}: ${text.stderr}`);
}

/** The digest that the tag leads to, after all that is below it was found there with its digest's length. */
async function wholeDigest(): Promise<string> {
  const [host, path] = [
    `http://${registry.name}/v2/team/bench`,
    (kind: string, key: string) => `${host}/${kind}/${key}`,
  ];
  const headers = { accept: 'application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json' };
  const walk = async (key: string): Promise<string> => {
    const answer = await fetch(path('manifests', key), { headers });
    if (answer.status !== 200) throw new Error(`${key} is missing`);
    const {
      manifests = [],
      config,
      layers = [],
    } = (await answer.json()) as {
      manifests?: { digest: string }[];
      config?: { digest: string; size: number };
      layers?: { digest: string; size: number }[];
    };
    for (const { digest } of manifests) await walk(digest);
    for (const { digest, size } of [...(config ? [config] : []), ...layers]) {
      const blob = await fetch(path('blobs', digest), { method: 'HEAD' });
      if (Number(blob.headers.get('content-length')) !== size) throw new Error(`${digest} is missing or cut short`);
    }
    return answer.headers.get('docker-content-digest') ?? '';
  };
  return walk('1');
}

/** A linear congruential generator: the same seed, the same moments. */
function random(): number {
  state = (state * 1103515245 + 12345) % 2 ** 31;
  return state / 2 ** 31;
}
