import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { type PackageOptions, packageCommand, packageModel } from '../../src/commands/package.ts';
import { digestOf, hexOf } from '../../src/nouns/digest.ts';
import { Failure } from '../../src/nouns/failure.ts';
import { readLock } from '../../src/project/lock-file.ts';
import { type BenchOptions, openSmallWorld, RUNTIME, type SmallWorld } from '../support/small-world.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const BUNDLE = join(ROOT, 'dist/templates/server/server.mjs');

function isFailure(code: string, ...parts: readonly RegExp[]): (error: unknown) => true {
  return (error) => {
    assert.ok(error instanceof Failure, String((error as Error).stack));
    assert.equal(error.code, code, error.message);
    for (const part of parts) assert.match(`${error.message} | ${error.mend}`, part);
    return true;
  };
}

/** Changes one bit in the middle of a file, as a bad disk would. */
async function flipBit(path: string): Promise<void> {
  const bytes = await readFile(path);
  const middle = bytes.length >> 1;
  bytes[middle] = (bytes[middle] ?? 0) ^ 1;
  await rm(path);
  await writeFile(path, bytes);
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

/** An OCI layout in which every blob is what its name says, as the index wants it. */
async function assertLayout(folder: string): Promise<void> {
  const blobs = join(folder, 'blobs', 'sha256');
  for (const name of await readdir(blobs)) assert.equal(hexOf(digestOf(await readFile(join(blobs, name)))), name);
  const { manifests } = JSON.parse(await readFile(join(folder, 'index.json'), 'utf8'));
  for (const { digest } of manifests) assert.ok(existsSync(join(blobs, hexOf(digest))));
}

describe('plimsoll package', function () {
  this.timeout(60_000);
  let world: SmallWorld;

  before(async function () {
    if (!existsSync(BUNDLE)) this.skip();
    world = await openSmallWorld();
  });
  after(async () => world?.close());

  const run = async (path: string, options: PackageOptions = {}, more: BenchOptions = {}) => {
    const bench = await world.bench(more);
    try {
      return { packaged: await packageModel(path, options, bench), lines: bench.lines };
    } finally {
      await bench.close();
    }
  };
  const digestFrom = async (path: string, options: PackageOptions = {}, more: BenchOptions = {}) => {
    const { packaged, lines } = await run(path, options, more);
    assert.equal(packaged.verdict, 'pass', JSON.stringify(packaged.findings));
    assert.ok('index' in packaged);
    return { digest: packaged.index.digest, lines };
  };
  const oci = (path: string): PackageOptions => ({ sinks: [{ kind: 'oci', path }] });

  describe('with a runtime', () => {
    before(function () {
      if (RUNTIME === undefined) this.skip();
    });

    it('makes a layout and a lock, prints the reference alone, and says the second time what it reused', async () => {
      const project = await world.project('first');
      const door = world.door();
      assert.equal(await packageCommand.run(project, {}, door), 0);
      assert.equal(door.printed.length, 1);
      assert.match(door.printed[0] ?? '', /^small@sha256:[0-9a-f]{64}$/);
      assert.ok(door.lines.some((line) => line.startsWith(`updated ${join(project, 'plimsoll.lock')}`)));
      assert.ok(door.lines.includes(`run it: plimsoll run ${project}`));
      await assertLayout(join(project, 'image'));

      const asked = world.server.requests.length;
      const again = world.door();
      assert.equal(await packageCommand.run(project, {}, again), 0);
      assert.deepEqual(again.printed, door.printed);
      for (const layer of ['base', 'node', 'onnxruntime', 'server', 'model']) {
        assert.ok(again.lines.includes(`pack ${layer}  reused`), again.lines.join('\n'));
      }
      assert.ok(again.lines.some((line) => /^write oci:.* reused$/.test(line)));
      assert.equal(world.server.requests.length, asked);
    });

    it('gives the same digest from another folder, another cache and the same lock', async () => {
      const project = await world.project('here');
      const { digest } = await digestFrom(project);
      const elsewhere = join(world.folder, 'else where', 'ü');
      await cp(project, elsewhere, { recursive: true });
      await rm(join(elsewhere, 'image'), { recursive: true });
      const cache = await world.cacheWithRuntime('second');
      const other = await digestFrom(elsewhere, {}, { env: { PLIMSOLL_CACHE: cache, TZ: 'Asia/Tokyo' } });
      assert.equal(other.digest, digest);
      assert.ok(other.lines.some((line) => line.startsWith('fetch libc6')));
    });

    it('needs no network for what is in the cache', async () => {
      const project = await world.project('offline');
      const { digest } = await digestFrom(project);
      const env = { npm_config_registry: 'http://127.0.0.1:1', PLIMSOLL_DEBIAN_MIRROR: 'http://127.0.0.1:1/debian' };
      assert.equal((await digestFrom(project, {}, { env })).digest, digest);
    });

    it('finds any changed bit of the cache and makes the same image all the same', async () => {
      const project = await world.project('flipped');
      const out = join(world.folder, 'flipped-out');
      const cache = await world.cacheWithRuntime('flipped');
      const { digest } = await digestFrom(project, oci(out), { env: { PLIMSOLL_CACHE: cache } });
      for (const rooms of [['blobs'], ['facts', 'folders']]) {
        await rm(out, { recursive: true });
        const files = await Promise.all(rooms.map((room) => filesBelow(join(cache, 'v1', room))));
        for (const file of files.flat()) {
          // The runtime of this test stands in for one that its packages do not hold, and could not be made again.
          if (!existsSync(join(dirname(file), 'content', 'node_modules'))) await flipBit(file);
        }
        const { digest: again } = await digestFrom(project, oci(out), { env: { PLIMSOLL_CACHE: cache } });
        assert.equal(again, digest, rooms.join());
        await assertLayout(out);
      }
    });

    it('refuses a lock that would have to move when frozen, with a line for each thing, and leaves it alone', async () => {
      const project = await world.project('frozen');
      await digestFrom(project);
      const lock = await readFile(join(project, 'plimsoll.lock'), 'utf8');
      const config = await readFile(join(project, 'plimsoll.yaml'), 'utf8');
      await digestFrom(project, { frozen: true });
      await writeFile(join(project, 'plimsoll.yaml'), `${config}budget: { memory: 256MiB }\nserve: { queue: 7 }\n`);
      const drift = isFailure(
        'lock/drift',
        /does not hold any more:\n {2}settings: sha256:\w+ → sha256:\w+/,
        /--no-frozen/,
      );
      await assert.rejects(run(project, { frozen: true }), drift);
      await assert.rejects(run(project, {}, { env: { CI: 'true' } }), drift);
      assert.equal(await readFile(join(project, 'plimsoll.lock'), 'utf8'), lock);
      for (const CI of ['', '0', 'false']) await digestFrom(project, {}, { env: { CI } });
      assert.notEqual(await readFile(join(project, 'plimsoll.lock'), 'utf8'), lock);
      await rm(join(project, 'plimsoll.lock'));
      await assert.rejects(run(project, { frozen: true }), isFailure('lock/missing', /without --frozen/));
      assert.ok(!existsSync(join(project, 'plimsoll.lock')));
    });

    it('keeps nothing of a package that is not what the lock says, and names it', async () => {
      const project = await world.project('corrupted');
      const path = `/debian/${world.debian.find(({ name }) => name === 'libc6')?.path}`;
      const good = world.files.get(path);
      assert.ok(good instanceof Uint8Array);
      const cache = await world.cacheWithRuntime('third');
      const rows: [Uint8Array, string][] = [
        [Buffer.concat([good.subarray(0, -1), Buffer.from('x')]), 'cache/wrong-digest'],
        [good.subarray(0, 100), 'cache/wrong-digest'],
        [Buffer.concat([good, good]), 'network/too-long'],
      ];
      try {
        for (const [bad, code] of rows) {
          world.files.set(path, bad);
          const refused = run(project, oci(join(project, 'out')), { env: { PLIMSOLL_CACHE: cache } });
          await assert.rejects(refused, isFailure(code, /libc6/));
          assert.ok(!existsSync(join(project, 'out')));
          assert.deepEqual(await readdir(join(cache, 'v1', 'temporary')), []);
        }
        world.files.delete(path);
        const gone = run(project, oci(join(project, 'out')), { env: { PLIMSOLL_CACHE: cache } });
        await assert.rejects(gone, isFailure('network/not-found', /cannot fetch libc6/, /PLIMSOLL_DEBIAN_MIRROR/));
      } finally {
        world.files.set(path, good);
      }
      await digestFrom(project, oci(join(project, 'out')), { env: { PLIMSOLL_CACHE: cache } });
    });

    it('gives up when it is interrupted, at any step, and leaves nothing half-written', async () => {
      const project = await world.project('interrupted');
      const out = join(world.folder, 'interrupted-out');
      for (const step of ['updated', 'pack model', 'fetch libc6']) {
        const cache = await world.cacheWithRuntime(step);
        const interrupt = new AbortController();
        const onLine = (line: string) => {
          if (line.startsWith(step)) interrupt.abort(new Error(`interrupted after ${step}`));
        };
        await rm(join(project, 'plimsoll.lock'));
        await world.project('interrupted');
        const env = { PLIMSOLL_CACHE: cache };
        await assert.rejects(run(project, oci(out), { env, onLine, signal: interrupt.signal }), /interrupted after/);
        assert.ok(!existsSync(out), step);
        assert.ok(await readLock(join(project, 'plimsoll.lock')), step);
        assert.deepEqual(await readdir(join(cache, 'v1', 'temporary')), [], step);
      }
    });

    it('judges by the budgets, and writes no image that is over', async () => {
      for (const [what, budget] of [
        ['model', '1KiB'],
        ['image', '1kB'],
      ] as const) {
        const project = await world.project(`over-${what}`, `budget: { ${what}: ${budget} }\n`);
        const door = world.door();
        assert.equal(await packageCommand.run(project, {}, door), 1);
        assert.deepEqual(door.printed, []);
        assert.ok(door.lines.some((line) => line.includes(`budget/${what}`) && /over its budget of/.test(line)));
        assert.ok(!existsSync(join(project, 'image')));
      }
    });

    it('warns of a bound that no dimension has, with the name that was meant', async () => {
      const project = await world.project('bounds');
      const config = await readFile(join(project, 'plimsoll.yaml'), 'utf8');
      await writeFile(join(project, 'plimsoll.yaml'), config.replace('batch', 'bacth'));
      const { packaged } = await run(project);
      const finding = packaged.findings.find(({ rule }) => rule === 'config/unknown-bound');
      assert.match(finding?.message ?? '', /"bacth".*"batch"/);
    });

    it('takes relative outputs, several at once, and the same one twice', async () => {
      const project = await world.project('sinks');
      const door = world.door();
      const output = [
        'oci:sinks-out/layout',
        'oci:sinks-out/layout',
        'oci-archive:sinks-out/a.tar',
        'docker-archive:sinks-out/b.tar',
      ];
      assert.equal(await packageCommand.run(project, { output }, door), 0);
      assert.deepEqual((await readdir(join(world.folder, 'sinks-out'))).sort(), [
        'a.tar',
        'b.tar',
        'layout',
        'layout.documents',
      ]);
      const before = await readFile(join(world.folder, 'sinks-out', 'a.tar'));
      assert.equal(await packageCommand.run(project, { output: ['oci-archive:sinks-out/a.tar'] }, door), 0);
      assert.ok(before.equals(await readFile(join(world.folder, 'sinks-out', 'a.tar'))));
      assert.equal(existsSync(join(project, 'image')), false);
    });

    it('takes a model by itself, with its lock and its image beside it', async () => {
      const project = await world.project('by-itself');
      const model = join(project, 'Modèle (1).onnx');
      await cp(join(project, 'model.onnx'), model);
      const door = world.door();
      const refused = packageCommand.run(model, { platform: ['linux/amd64'] }, door);
      // The mirror has packages, and no signed index to resolve them by.
      await assert.rejects(refused, isFailure('network/not-found', /the index of Debian trixie \(InRelease\)/));
      assert.ok(!existsSync(`${model}.lock`));
      await cp(join(project, 'plimsoll.lock'), `${model}.lock`);
      await writeFile(
        join(project, 'only.yaml'),
        `model: ${JSON.stringify('Modèle (1).onnx')}\nplatforms: [linux/amd64]\n`,
      );
      assert.equal(await packageCommand.run(join(project, 'only.yaml'), {}, door), 0);
      assert.match(door.printed[0] ?? '', /^by-itself@/);
    });

    it('says on the command line what it does on standard error, and the reference alone on standard output', async () => {
      const project = await world.project('spawned');
      const { stdout, stderr, code } = await plimsoll(
        ['package', project, '--output', 'oci:image', '--verbose'],
        project,
      );
      assert.equal(code, 0, stderr);
      assert.match(stdout, /^small@sha256:[0-9a-f]{64}\n$/);
      assert.match(stderr, /pack model {2}/);
      assert.ok(!stderr.includes('\u001B'));
    });
  });

  const plimsoll = async (args: readonly string[], cwd: string) => {
    const child = spawn(process.execPath, ['--import', 'tsx', join(ROOT, 'src/cli.ts'), ...args], {
      cwd: ROOT,
      env: { ...world.env, PWD: cwd },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
    return { stdout, stderr, code };
  };

  it('exits with 2 and one message where it is used wrongly, and prints nothing', async () => {
    const { stdout, stderr, code } = await plimsoll(['package', 'nowhere'], ROOT);
    assert.deepEqual([stdout, code], ['', 2]);
    assert.match(stderr, /^error: nowhere does not exist\n {2}Name a folder .*\[project\/missing\]\n$/);
  });

  const broken: readonly [string, string | Buffer, string, number][] = [
    ['is empty', '', 'onnx/empty', 1],
    ['is text', 'not a model at all\n'.repeat(20), 'onnx/not-onnx', 1],
    ['is a pickle', Buffer.from('80049500000000000000007d942e', 'hex'), 'onnx/not-onnx', 1],
    ['is a zip archive', Buffer.concat([Buffer.from('PK\u0003\u0004'), Buffer.alloc(60)]), 'onnx/not-onnx', 1],
  ];
  for (const [what, content, code, exit] of broken) {
    it(`refuses a model that ${what}, and writes nothing`, async () => {
      const project = await world.project(`broken-${code.slice(5)}-${what.replaceAll(' ', '-')}`);
      await writeFile(join(project, 'model.onnx'), content);
      await rm(join(project, 'plimsoll.lock'));
      await assert.rejects(run(project), (error) => isFailure(code)(error) && (error as Failure).exit === exit);
      assert.deepEqual((await readdir(project)).sort(), ['model.onnx', 'plimsoll.yaml']);
    });
  }

  it('refuses a model that breaks off, wherever it does', async () => {
    const project = await world.project('broken-off');
    const whole = await readFile(join(project, 'model.onnx'));
    for (const length of [1, 10, 100, whole.length >> 1, whole.length - 1]) {
      await writeFile(join(project, 'model.onnx'), whole.subarray(0, length));
      await assert.rejects(run(project), isFailure('onnx/truncated', /ends too early/));
    }
  });

  it('names what it wanted when there is no network and no cache', async () => {
    const project = await world.project('cold');
    const env = {
      PLIMSOLL_CACHE: join(world.folder, 'cold-cache'),
      npm_config_registry: 'http://127.0.0.1:1',
      PLIMSOLL_DEBIAN_MIRROR: 'http://127.0.0.1:1/debian',
    };
    await assert.rejects(
      run(project, {}, { env }),
      isFailure('network/unreachable', /cannot fetch onnxruntime-\w+ 1\.30\.0 \(npm package\)/, /npm_config_registry/),
    );
    assert.ok(!existsSync(join(project, 'image')));
    assert.deepEqual(await readdir(join(env.PLIMSOLL_CACHE, 'v1', 'temporary')), []);
  });

  it('takes the place of no device, no folder and nothing that is not an archive, and says so before the work', async () => {
    const project = await world.project('places');
    await symlink('/dev/null', join(project, 'device'));
    await mkdir(join(project, 'folder'));
    const asked = world.server.requests.length;
    for (const name of ['device', 'folder', 'model.onnx', 'plimsoll.yaml']) {
      for (const kind of ['oci-archive', 'docker-archive'] as const) {
        const before = await stat(join(project, name));
        const refused = run(project, { sinks: [{ kind, path: join(project, name) }] });
        await assert.rejects(refused, isFailure('output/wrong-kind', /is there already/));
        assert.equal((await stat(join(project, name))).mtimeMs, before.mtimeMs);
      }
    }
    const path = join(project, 'new');
    const twice = run(project, {
      sinks: [
        { kind: 'oci', path },
        { kind: 'oci-archive', path },
      ],
    });
    await assert.rejects(twice, isFailure('usage/output', /two --output write to/));
    assert.equal(world.server.requests.length, asked);
  });

  it('looks for the engine before the work where an image is to be loaded', async () => {
    const project = await world.project('load');
    const env = { DOCKER_HOST: `unix://${join(world.folder, 'no.sock')}` };
    await assert.rejects(run(project, { load: true }, { env }), isFailure('engine/not-running', /no\.sock/));
    assert.ok(!existsSync(join(project, 'image')));
  });

  const cases = (...inputs: readonly { name: string; datatype: string; shape: number[]; data: unknown[] }[]) =>
    JSON.stringify({ schema: 'plimsoll.case/1', name: 'one', inputs, outputs: [] });
  const x = { name: 'x', datatype: 'FP32', shape: [1, 40], data: Array(40).fill(0.5) };
  const wrongCases: readonly [string, string, string, RegExp][] = [
    [
      'an input that the model has not',
      cases({ ...x, name: 'X' }),
      'cases/unknown-input',
      /"X"; the model has "x".*Write "x"/,
    ],
    ['an input twice', cases(x, x), 'cases/input-twice', /"x" twice/],
    [
      'fewer elements than its shape',
      cases({ ...x, data: [1] }),
      'cases/invalid',
      /"x" has 1 elements; its shape wants 40/,
    ],
    ['no JSON', '{', 'cases/invalid', /is not JSON/],
  ];
  for (const [what, content, code, why] of wrongCases) {
    it(`refuses a case with ${what}`, async () => {
      const project = await world.project('cases', 'cases: cases\n');
      await mkdir(join(project, 'cases'), { recursive: true });
      await writeFile(join(project, 'cases', 'one.json'), content);
      await assert.rejects(run(project), isFailure(code, why));
    });
  }

  it('refuses cases that are not there, and a folder among them', async () => {
    const project = await world.project('no-cases', 'cases: cases\n');
    await assert.rejects(run(project), isFailure('cases/missing'));
    await mkdir(join(project, 'cases', 'one.json'), { recursive: true });
    await assert.rejects(run(project), isFailure('cases/invalid', /one\.json is no file/));
  });
});
