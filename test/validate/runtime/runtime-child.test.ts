import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { ProcessAhead } from '../../../src/validate/runtime/child-process.ts';
import { type Outcome, type RuntimeChild, withRuntimeChild } from '../../../src/validate/runtime/runtime-child.ts';
import { installStrangeRuntime } from './strange-runtime.ts';

const LIMITS = { timeoutMs: 20_000, memoryBytes: 2 ** 30 };

describe('A child process with the runtime', () => {
  let folder = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'plimsoll-child-'));
    installStrangeRuntime(folder);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const load = (child: RuntimeChild, deed: string): Promise<Outcome<unknown>> =>
    child.ask('create', { session: deed, model: { kind: 'file', path: deed }, options: {} });
  const loadAlone = (deed: string, limits = LIMITS): Promise<Outcome<unknown>> =>
    withRuntimeChild({ runtimeFolder: folder, limits }, (child) => load(child, deed));

  it('answers request after request', async () => {
    const outcomes = await withRuntimeChild({ runtimeFolder: folder, limits: LIMITS }, async (child) => {
      const described = await child.ask('describe', {});
      return [described, await load(child, 'refuse'), await load(child, 'work')];
    });
    assert.deepEqual(outcomes, [
      { outcome: 'ok', value: { onnxruntime: '0.0.0', node: process.version } },
      { outcome: 'refused', message: 'no such kernel' },
      { outcome: 'ok', value: { inputs: [], outputs: [] } },
    ]);
  });

  it('takes a process that was started ahead, where that is alive and has this runtime', async () => {
    const loadWith = (ahead: ProcessAhead): Promise<Outcome<unknown>> =>
      withRuntimeChild({ runtimeFolder: folder, limits: LIMITS, ahead }, (child) => load(child, 'work'));
    const dead = new ProcessAhead();
    const other = new ProcessAhead();
    const alive = new ProcessAhead();
    for (const [ahead, runtime] of [
      [dead, folder],
      [other, `${folder}/other`],
      [alive, folder],
    ] as const)
      ahead.load(runtime);
    dead.abandon();
    for (const ahead of [dead, other, alive]) assert.equal((await loadWith(ahead)).outcome, 'ok');
    assert.equal(alive.take(folder), undefined);
    other.abandon();
  });

  it('turns an abort into data', async () => {
    assert.deepEqual(await loadAlone('abort'), { outcome: 'crashed', how: 'signal SIGABRT' });
  });

  it('turns an unexpected exit into data', async () => {
    assert.deepEqual(await loadAlone('exit'), { outcome: 'crashed', how: 'exit code 7' });
  });

  it('stops what never ends', async () => {
    const limits = { ...LIMITS, timeoutMs: 2_000 };
    assert.deepEqual(await loadAlone('spin', limits), { outcome: 'timeout', limitMs: 2_000 });
  });

  it('stops what fills memory, soon after the limit', async function () {
    if (process.platform === 'win32') this.skip();
    const limits = { ...LIMITS, memoryBytes: 2 ** 28 };
    const outcome = await loadAlone('grow', limits);
    assert.equal(outcome.outcome, 'memory');
    assert.ok(outcome.outcome === 'memory' && outcome.bytes > 2 ** 28 && outcome.bytes < 2 ** 31);
  });

  it('says of every later request how the child ended', async () => {
    const [first, second] = await withRuntimeChild({ runtimeFolder: folder, limits: LIMITS }, async (child) => [
      await load(child, 'exit'),
      await load(child, 'work'),
    ]);
    assert.deepEqual(first, { outcome: 'crashed', how: 'exit code 7' });
    assert.deepEqual(second, first);
  });

  it('keeps the last of what the runtime writes, and no more than 64 KiB', async () => {
    const log = await withRuntimeChild({ runtimeFolder: folder, limits: LIMITS }, async (child) => {
      await load(child, 'shout');
      await load(child, 'exit');
      return child.log();
    });
    assert.equal(log.length, 65_536);
    assert.ok(log.endsWith('line 19999 of a very talkative runtime\n'));
  });

  it('reports a folder without a runtime as a crash whose log names it', async () => {
    const empty = join(folder, 'nothing-here');
    const [outcome, log] = await withRuntimeChild({ runtimeFolder: empty, limits: LIMITS }, async (child) => [
      await child.ask('describe', {}),
      child.log(),
    ]);
    assert.deepEqual(outcome, { outcome: 'crashed', how: 'exit code 1' });
    assert.match(log, /Cannot find module '.*nothing-here/);
  });

  it('ends the child when the caller aborts', async () => {
    const controller = new AbortController();
    const options = { runtimeFolder: folder, limits: LIMITS, signal: controller.signal };
    const work = withRuntimeChild(options, (child) => {
      setTimeout(() => controller.abort(new Error('enough')), 500);
      return load(child, 'spin');
    });
    await assert.rejects(work, /enough/);
  });

  it('does not outlive a parent that is killed while the child is deep in native work', async function () {
    if (process.platform === 'win32') this.skip();
    const program = join(folder, 'parent.mts');
    const module = fileURLToPath(new URL('../../../src/validate/runtime/runtime-child.ts', import.meta.url));
    writeFileSync(
      program,
      `import { withRuntimeChild } from ${JSON.stringify(module)};
      const limits = { timeoutMs: 60000, memoryBytes: 2 ** 30 };
      await withRuntimeChild({ runtimeFolder: ${JSON.stringify(folder)}, limits }, async (child) => {
        await child.ask('describe', {});
        const { execFileSync } = await import('node:child_process');
        console.log(execFileSync('ps', ['-o', 'pid=,args=', '--ppid', String(process.pid)], { encoding: 'utf8' }));
        await child.ask('create', { session: 's', model: { kind: 'file', path: 'spin' }, options: {} });
      });`,
    );
    const parent = spawn(process.execPath, ['--import', 'tsx', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [listing] = (await once(parent.stdout, 'data')) as [Buffer];
    const pid = Number(/(\d+) .*child\.(ts|js)/.exec(listing.toString())?.[1]);
    assert.ok(isAlive(pid), `no child in ${listing}`);
    await sleep(300);
    parent.kill('SIGKILL');
    for (let waited = 0; waited < 5_000 && isAlive(pid); waited += 100) await sleep(100);
    assert.equal(isAlive(pid), false);
  });
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
