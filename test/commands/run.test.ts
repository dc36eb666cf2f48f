import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { openCache } from '../../src/cache/cache.ts';
import type { Flags } from '../../src/commands/command.ts';
import { runCommand } from '../../src/commands/run.ts';
import { Failure } from '../../src/nouns/failure.ts';
import { withFakeEngine } from '../container/engine/fake-engine.ts';
import { startServer } from '../container/sources/fakes.ts';
import { openSmallWorld, RUNTIME, type SmallWorld } from '../support/small-world.ts';
import { node, saveModel, value } from '../validate/runtime/build-model.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const BUNDLE = join(ROOT, 'dist/templates/server/server.mjs');
const HERE: Flags = { engine: 'none', port: '0' };

async function isServing(address: string): Promise<boolean> {
  return fetch(`${address}/v2/health/ready`).then(
    ({ ok }) => ok,
    () => false,
  );
}

async function waitUntil(condition: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await condition()); tries += 1) {
    assert.ok(tries < 200, 'it has not come about in ten seconds');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe('plimsoll run', function () {
  this.timeout(60_000);
  let world: SmallWorld;

  before(async function () {
    if (!existsSync(BUNDLE)) this.skip();
    world = await openSmallWorld();
  });
  after(async () => world?.close());

  const scratch = () => readdir(join(world.env.PLIMSOLL_CACHE ?? '', 'v1', 'temporary'));

  /** Runs until it is ready, does what is to be done, and interrupts. */
  const during = async (
    path: string,
    flags: Flags,
    act: (address: string, lines: readonly string[]) => Promise<void>,
  ) => {
    const interrupt = new AbortController();
    let ready = () => {};
    const isReady = new Promise<void>((resolve) => {
      ready = resolve;
    });
    const onLine = (line: string) => {
      if (line === 'Ctrl-C stops it.') ready();
    };
    const door = world.door({ signal: interrupt.signal, onLine });
    const exit = runCommand.run(path, flags, door);
    await Promise.race([isReady, exit]);
    const address = door.printed[0] ?? '';
    try {
      await act(address, door.lines);
    } finally {
      interrupt.abort();
      assert.equal(await exit, 130);
      assert.deepEqual(door.printed, [address]);
    }
  };

  describe('with a runtime, on this machine’s Node', () => {
    before(function () {
      if (RUNTIME === undefined) this.skip();
    });

    it('prints the address and a line to paste that works, and leaves nothing behind when it is interrupted', async () => {
      const project = await world.project('pasted');
      await during(project, HERE, async (address, lines) => {
        assert.match(address, /^http:\/\/127\.0\.0\.1:\d+$/);
        const line = lines.find((text) => text.startsWith('  curl -s ')) ?? '';
        const { stdout } = await promisify(execFile)('sh', ['-c', line]);
        assert.deepEqual(JSON.parse(stdout).outputs[0].shape, [1, 3]);
      });
      assert.deepEqual(await scratch(), []);
    });

    it('prints a line that works for inputs too large to be written out, and with names that a shell would take apart', async () => {
      const project = await world.project('large');
      const name = `it's "x":0`;
      saveModel(join(project, 'model.onnx'), {
        nodes: [node('ReduceSum', [name], ['sum'])],
        inputs: [value(name, 'float', ['batch', 3, 256, 256])],
        outputs: [value('sum', 'float', [1, 1, 1, 1])],
      });
      await during(project, HERE, async (_, lines) => {
        const line = lines.find((text) => text.startsWith('  node -p ')) ?? '';
        assert.ok(line.length < 400);
        const { stdout } = await promisify(execFile)('sh', ['-c', line]);
        assert.deepEqual(JSON.parse(stdout).outputs[0].data, [98304]);
      });
    });

    it('refuses a port that is taken before it does anything', async () => {
      const project = await world.project('taken');
      const taken = await startServer(() => {});
      const port = new URL(taken.url).port;
      try {
        await assert.rejects(runCommand.run(project, { engine: 'none', port }, world.door()), (error) => {
          assert.ok(error instanceof Failure);
          assert.deepEqual([error.code, error.exit], ['run/port-taken', 2]);
          return true;
        });
      } finally {
        await taken.close();
      }
    });

    it('refuses of an image what only a project has, and what is no image of this program', async () => {
      const image = 'oci:nowhere';
      const env = { DOCKER_HOST: `unix://${join(world.folder, 'no.sock')}` };
      for (const [flags, code] of [
        [{ bound: ['batch=2'] }, 'usage/flag'],
        [{ profile: 'lean' }, 'usage/flag'],
        [{ engine: 'none' }, 'usage/flag'],
        [{}, 'engine/not-running'],
      ] as const) {
        const wanted = runCommand.run(image, flags, world.door({ env }));
        await assert.rejects(wanted, (error) => error instanceof Failure && error.code === code, JSON.stringify(flags));
      }
      await withFakeEngine(world.folder, {}, async ({ address, calls }) => {
        const missing = runCommand.run(image, {}, world.door({ env: { DOCKER_HOST: address } }));
        await assert.rejects(missing, (error) => error instanceof Failure && error.code === 'image/unreadable');
        assert.ok(!calls.some(({ line }) => line.startsWith('POST')), 'nothing was loaded');
      });
    });

    it('says so where there is no engine, and serves here', async () => {
      const project = await world.project('no-engine');
      const interrupt = new AbortController();
      const onLine = (line: string) => line.startsWith('Ctrl-C') && interrupt.abort();
      const env = { DOCKER_HOST: `unix://${join(world.folder, 'no.sock')}` };
      const door = world.door({ env, signal: interrupt.signal, onLine });
      assert.equal(await runCommand.run(project, { port: '0' }, door), 130);
      assert.match(
        door.lines[0] ?? '',
        /no container engine .*; serving on this machine’s Node instead, without a memory limit/,
      );
      const wanted = runCommand.run(project, { port: '0', engine: 'docker' }, world.door({ env }));
      await assert.rejects(wanted, (error) => error instanceof Failure && error.code === 'engine/not-running');
    });

    it('takes the server along when it is killed, and the next run clears up', async () => {
      const project = await world.project('killed');
      const child = spawn(
        process.execPath,
        ['--import', 'tsx', 'src/cli.ts', 'run', project, '--engine', 'none', '--port', '0'],
        {
          cwd: ROOT,
          env: world.env,
          stdio: ['ignore', 'pipe', 'ignore'],
        },
      );
      const [address] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
      assert.ok(await isServing(address));
      assert.equal((await scratch()).length, 1);
      child.kill('SIGKILL');
      await once(child, 'exit');
      await waitUntil(async () => !(await isServing(address)));
      await openCache({ folder: world.env.PLIMSOLL_CACHE ?? '' });
      assert.deepEqual(await scratch(), []);
    });

    it('stops at an interrupt and ends with 130', async () => {
      const project = await world.project('signalled');
      const child = spawn(
        process.execPath,
        ['--import', 'tsx', 'src/cli.ts', 'run', project, '--engine', 'none', '--port', '0'],
        {
          cwd: ROOT,
          env: world.env,
          stdio: ['ignore', 'pipe', 'ignore'],
        },
      );
      const [address] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
      child.kill('SIGINT');
      assert.deepEqual(await once(child, 'exit'), [130, null]);
      assert.equal(await isServing(address), false);
    });

    it('tells what the server said when it ends by itself', async () => {
      const project = await world.project('ends');
      // The server reads its own settings from the environment; this one it refuses.
      const door = world.door({ env: { PLIMSOLL_GRACE_SECONDS: 'soon' } });
      await assert.rejects(runCommand.run(project, HERE, door), (error) => {
        assert.ok(error instanceof Failure);
        assert.deepEqual([error.code, error.exit], ['run/ended', 5]);
        return true;
      });
      assert.ok(
        door.lines.some((line) => line.includes('PLIMSOLL_GRACE_SECONDS')),
        door.lines.join('\n'),
      );
      assert.deepEqual(await scratch(), []);
    });
  });

  const refused: readonly [string, Flags, RegExp][] = [
    ['a port beyond all ports', { port: '70000' }, /--port 70000: wanted a number from 0 to 65535/],
    ['a port in words', { port: 'http' }, /--port http: wanted a number/],
    ['an engine that nobody knows', { engine: 'podman' }, /--engine is "podman"; wanted auto or docker or none/],
  ];
  for (const [what, flags, why] of refused) {
    it(`refuses ${what}`, async () => {
      await assert.rejects(runCommand.run('nowhere', flags, world.door()), (error) => {
        return error instanceof Failure && error.exit === 2 && why.test(error.message);
      });
    });
  }

  it('refuses a model that is none before it looks for anything else', async () => {
    const project = await world.project('no-model');
    await writeFile(join(project, 'model.onnx'), 'no model');
    const asked = world.server.requests.length;
    await assert.rejects(runCommand.run(project, HERE, world.door()), (error) => {
      return error instanceof Failure && error.code === 'onnx/not-onnx';
    });
    assert.equal(world.server.requests.length, asked);
  });
});
