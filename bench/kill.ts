import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { parseLock } from '../src/project/lock-file.ts';

/**
 * Kills `package` and `lock` with SIGKILL at random moments: what they leave must be whole or not there, and the next run has to give
 * the digest that it gives undisturbed. Settings change from run to run, so that there is a lock and a layer to write each time.
 *
 *     npx tsx bench/kill.ts --times 200
 */
const { values } = parseArgs({
  options: { times: { type: 'string', default: '200' }, seed: { type: 'string', default: '1' } },
});
const times = Number(values.times);
const root = fileURLToPath(new URL('..', import.meta.url));
const cli = join(root, 'dist/src/cli.js');
const work = mkdtempSync(join(tmpdir(), 'plimsoll-kill-'));
const project = join(work, 'project');
const image = join(work, 'image');
const lockFile = join(project, 'plimsoll.lock');
/** So many settings, each of which has one right digest. */
const VARIANTS = 4;

cpSync(join(root, 'examples/sklearn'), project, { recursive: true });
// Without a memory budget, so that what is tried here is writing, and no server is started to be measured.
const config =
  'name: ticket-classifier\nmodel: model.onnx\nbounds: { batch: 32 }\ncases: cases/\nplatforms: [linux/amd64]\n';
let state = Number(values.seed);
let killed = 0;
let finished = 0;

try {
  choose(0);
  await run('package', Number.POSITIVE_INFINITY);
  const right = new Map<number, string>();
  let longestMs = 0;
  for (let variant = 0; variant < VARIANTS; variant += 1) {
    choose(variant);
    const begun = performance.now();
    right.set(variant, (await run('package', Number.POSITIVE_INFINITY)).printed);
    longestMs = Math.max(longestMs, performance.now() - begun);
  }
  for (let round = 0; round < times; round += 1) {
    const variant = round % VARIANTS;
    choose(variant);
    const command = round % 3 === 2 ? 'lock' : 'package';
    if (round % 5 === 0) rmSync(image, { recursive: true, force: true });
    const { wasKilled } = await run(command, random() * longestMs);
    if (wasKilled) killed += 1;
    else finished += 1;
    assertWhole(`round ${round}, ${command}`);
    const { printed } = await run('package', Number.POSITIVE_INFINITY);
    if (printed !== right.get(variant)) throw new Error(`round ${round}: ${printed}, wanted ${right.get(variant)}`);
    assertWhole(`round ${round}, the next run`);
  }
  console.log(
    `${killed} killed, ${finished} had finished before: nothing half-written, every next run gave its digest`,
  );
} finally {
  rmSync(work, { recursive: true, force: true });
}

function choose(variant: number): void {
  writeFileSync(join(project, 'plimsoll.yaml'), `${config}serve: { queue: ${100 + variant} }\n`);
}

async function run(command: 'package' | 'lock', killAfterMs: number): Promise<{ printed: string; wasKilled: boolean }> {
  const output = command === 'package' ? ['--no-frozen', '--output', `oci:${image}`] : [];
  const child = spawn(process.execPath, [cli, command, project, ...output], { stdio: ['ignore', 'pipe', 'pipe'] });
  const printed = gather(child);
  const timer = Number.isFinite(killAfterMs) ? setTimeout(() => child.kill('SIGKILL'), killAfterMs) : undefined;
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  clearTimeout(timer);
  if (signal === null && code !== 0) throw new Error(`${command} exited with ${code}: ${printed.err}`);
  return { printed: printed.out.trim(), wasKilled: signal !== null };
}

function gather(child: ChildProcess): { out: string; err: string } {
  const gathered = { out: '', err: '' };
  child.stdout?.on('data', (chunk) => (gathered.out += chunk));
  child.stderr?.on('data', (chunk) => (gathered.err += chunk));
  return gathered;
}

/** The lock is one, and the layout, where it has an index, has all that this leads to. */
function assertWhole(when: string): void {
  if (existsSync(lockFile)) parseLock(readFileSync(lockFile, 'utf8'), `the lock after ${when}`);
  if (!existsSync(join(image, 'index.json'))) return;
  const waiting = JSON.parse(readFileSync(join(image, 'index.json'), 'utf8')).manifests as { digest: string }[];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const bytes = readFileSync(join(image, 'blobs/sha256', next.digest.slice('sha256:'.length)));
    const found = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
    if (found !== next.digest) throw new Error(`after ${when}: the blob ${next.digest} is ${found}`);
    if (bytes[0] !== 0x7b) continue;
    const { schemaVersion, manifests = [], config: own, layers = [] } = JSON.parse(bytes.toString('utf8'));
    if (schemaVersion === undefined) continue;
    waiting.push(...manifests, ...(own ? [own] : []), ...layers);
  }
  const partial = readdirSync(image).filter(
    (name) => !['blobs', 'index.json', 'oci-layout', '.partial'].includes(name),
  );
  if (partial.length > 0) throw new Error(`after ${when}: ${partial.join(', ')} beside the layout`);
}

/** Between 0 and 1, the same for the same seed. */
function random(): number {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 2 ** 32;
}
