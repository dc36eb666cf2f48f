import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import { packageModel } from '../../src/commands/package.ts';
import { rebuildCommand } from '../../src/commands/rebuild.ts';
import { digestOf, hexOf } from '../../src/nouns/digest.ts';
import { EXIT, Failure } from '../../src/nouns/failure.ts';
import { startServer } from '../container/sources/fakes.ts';
import { openSmallWorld, RUNTIME, type SmallWorld } from '../support/small-world.ts';

const BUNDLE = fileURLToPath(new URL('../../dist/templates/server/server.mjs', import.meta.url));

type Json = Record<string, unknown>;
interface Change {
  /** Changes a layer's blob; `index` counts from the bottom up. */
  readonly layer?: { readonly index: number; readonly change: (blob: Buffer) => Buffer };
  /** Changes the tar in a layer, its diffId with it. */
  readonly tar?: { readonly index: number; readonly change: (tar: Buffer) => Buffer };
  readonly config?: (config: Json) => void;
}

describe('plimsoll rebuild', function () {
  this.timeout(60_000);
  let world: SmallWorld;
  let layout: string;
  let reference: string;
  let docker: string;

  before(async function () {
    if (!existsSync(BUNDLE) || RUNTIME === undefined) this.skip();
    world = await openSmallWorld();
    const project = await world.project('small');
    layout = join(project, 'image');
    docker = join(world.folder, 'docker.tar');
    const bench = await world.bench({ env: { SOURCE_DATE_EPOCH: '86400' } });
    const made = await packageModel(
      project,
      {
        sinks: [
          { kind: 'oci', path: layout },
          { kind: 'docker-archive', path: docker },
        ],
      },
      bench,
    );
    await bench.close();
    assert.ok('index' in made);
    reference = `small@${made.index.digest}`;
  });
  after(async () => world?.close());

  const rebuild = async (image: string, env: Readonly<Record<string, string>> = {}) => {
    const door = world.door({ env });
    const exit = await rebuildCommand.run(image, {}, door);
    return { exit, printed: door.printed, lines: door.lines.flatMap((told) => told.split('\n')) };
  };

  it('builds the image again from nothing but the lock that it carries and the packages', async () => {
    const cache = join(world.folder, 'caches', 'rebuilt');
    const { exit, printed, lines } = await rebuild(`oci:${layout}`, { PLIMSOLL_CACHE: cache });
    assert.deepEqual({ exit, printed }, { exit: EXIT.passed, printed: [reference] });
    assert.ok(lines.some((line) => line.startsWith('fetch libc6')));
    assert.ok(!lines.some((line) => /^take /.test(line)));
  });

  it('builds it from the image alone where upstream has vanished', async () => {
    const gone = await startServer((_, response) => response.writeHead(404).end());
    try {
      for (const image of [`oci:${layout}`, `docker-archive:${docker}`]) {
        const env = {
          PLIMSOLL_CACHE: join(world.folder, 'caches', image.slice(0, 3)),
          npm_config_registry: gone.url,
          PLIMSOLL_DEBIAN_MIRROR: `${gone.url}/debian`,
        };
        const { exit, printed, lines } = await rebuild(image, env);
        assert.deepEqual({ exit, printed }, { exit: EXIT.passed, printed: [reference] });
        assert.ok(lines.some((line) => /^base for linux\/amd64 is taken from an image/.test(line)));
      }
    } finally {
      await gone.close();
    }
  });

  const ROWS: readonly { what: string; change: Change; says: readonly RegExp[] }[] = [
    {
      what: 'a byte of a file',
      change: { tar: { index: 0, change: (tar) => replaced(tar, 'ID=debian', 'ID=debiaN') } },
      says: [/^layer base of linux\/amd64 differs:$/, /usr\/lib\/os-release: content: differs from byte 8 of the file/],
    },
    {
      what: 'the mode of a file',
      change: {
        tar: { index: 1, change: (tar) => withHeader(tar, 'usr/local/bin/node', { offset: 100, text: '0004755' }) },
      },
      says: [/usr\/local\/bin\/node: mode: found 4755, made 0755/],
    },
    {
      what: 'the owner of a file',
      change: {
        tar: { index: 1, change: (tar) => withHeader(tar, 'usr/local/bin/node', { offset: 108, text: '0001750' }) },
      },
      says: [/usr\/local\/bin\/node: owner: found 1000:0 :, made 0:0 :/],
    },
    {
      what: 'what was compressed by another program',
      change: { layer: { index: 3, change: (blob) => gzipSync(gunzipSync(blob), { level: 1 }) } },
      says: [
        /^layer server of linux\/amd64 differs:$/,
        /the same files, compressed differently from byte \d+ of the blob/,
      ],
    },
    {
      what: 'an environment variable',
      change: { config: (config) => ((config.config as Json).Env = ['LD_PRELOAD=/tmp/evil.so']) },
      says: [/^configuration of linux\/amd64 differs:$/, /config\.Env\[0\]: found "LD_PRELOAD=\/tmp\/evil\.so", made /],
    },
  ];
  for (const { what, change, says } of ROWS) {
    it(`shows ${what} that was changed in the image, and exits with 4`, async () => {
      const changed = join(world.folder, 'changed');
      await cp(layout, changed, { recursive: true });
      try {
        await alter(changed, change);
        const { exit, printed, lines } = await rebuild(`oci:${changed}`);
        assert.deepEqual({ exit, printed }, { exit: EXIT.notReproducible, printed: [reference] });
        for (const line of says)
          assert.ok(
            lines.some((told) => line.test(told)),
            `${line}\n${lines.join('\n')}`,
          );
      } finally {
        await rm(changed, { recursive: true });
      }
    });
  }

  it('tells of a blob that is damaged on the disk, and exits with 4', async () => {
    const changed = join(world.folder, 'damaged');
    await cp(layout, changed, { recursive: true });
    await damage(changed, 3);
    const { exit, lines } = await rebuild(`oci:${changed}`);
    assert.equal(exit, EXIT.notReproducible);
    assert.ok(
      lines.some((line) => /the blob is not what its name says/.test(line)),
      lines.join('\n'),
    );
  });

  it('refuses weights that are not the locked ones, and says which file', async () => {
    const changed = join(world.folder, 'weights');
    await cp(layout, changed, { recursive: true });
    await alter(changed, { tar: { index: 4, change: (tar) => replaced(tar, '"small"', '"smalL"') } });
    const env = { PLIMSOLL_CACHE: await world.cacheWithRuntime('weights') };
    await assert.rejects(rebuild(`oci:${changed}`, env), (error: Failure) => {
      assert.deepEqual([error.code, error.exit], ['image/other-file', EXIT.notReproducible]);
      assert.match(error.message, /^app\/model\/plan\.json of oci:/);
      return true;
    });
  });

  it('refuses what is no image of this program, or none at all', async () => {
    const bare = join(world.folder, 'bare');
    await cp(layout, bare, { recursive: true });
    await alter(bare, { config: (config) => ((config.config as Json).Labels = {}) });
    for (const [image, code] of [
      [`oci:${bare}`, 'image/no-lock'],
      ['oci:nowhere', 'image/unreadable'],
      [`oci-archive:${join(world.folder, 'small', 'model.onnx')}`, 'sources/damaged'],
      ['oci:', 'usage/image'],
      ['no registry', 'reference/malformed'],
    ] as const) {
      await assert.rejects(rebuild(image), (error: Failure) => error instanceof Failure && error.code === code, image);
    }
  });
});

/** Changes an image of a layout as somebody would who wants it to look whole: every digest on the way up is made right again. */
async function alter(folder: string, { layer, tar, config: changeConfig }: Change): Promise<void> {
  const place = (digest: string) => join(folder, 'blobs', 'sha256', digest.slice('sha256:'.length));
  const read = async (digest: string): Promise<Json> => JSON.parse(await readFile(place(digest), 'utf8')) as Json;
  const write = async (bytes: Uint8Array | string) => {
    await rm(place(digestOf(bytes)), { force: true });
    await writeFile(join(folder, 'blobs', 'sha256', hexOf(digestOf(bytes))), bytes);
    return { digest: digestOf(bytes), size: Buffer.byteLength(bytes) };
  };
  const root = JSON.parse(await readFile(join(folder, 'index.json'), 'utf8'));
  const index = (await read(root.manifests[0].digest)) as { manifests: Json[] };
  const manifest = (await read(String(index.manifests[0]?.digest))) as { config: Json; layers: Json[] };
  const config = (await read(String(manifest.config.digest))) as Json & { rootfs: { diff_ids: string[] } };
  if (layer) {
    const blob = await readFile(place(String(manifest.layers[layer.index]?.digest)));
    Object.assign(manifest.layers[layer.index] as Json, await write(layer.change(blob)));
  }
  if (tar) {
    const blob = await readFile(place(String(manifest.layers[tar.index]?.digest)));
    const packed = blob[0] === 0x1f;
    const changed = tar.change(packed ? gunzipSync(blob) : blob);
    config.rootfs.diff_ids[tar.index] = digestOf(changed);
    Object.assign(manifest.layers[tar.index] as Json, await write(packed ? gzipSync(changed) : changed));
  }
  changeConfig?.(config);
  Object.assign(manifest.config, await write(JSON.stringify(config)));
  Object.assign(index.manifests[0] as Json, await write(JSON.stringify(manifest)));
  Object.assign(root.manifests[0], await write(JSON.stringify(index)));
  await writeFile(join(folder, 'index.json'), JSON.stringify(root));
}

/** Changes a bit in the middle of a layer's blob and leaves its name. */
async function damage(folder: string, layer: number): Promise<void> {
  const place = (digest: string) => join(folder, 'blobs', 'sha256', digest.slice('sha256:'.length));
  const read = async (digest: string) => JSON.parse(await readFile(place(digest), 'utf8'));
  const root = JSON.parse(await readFile(join(folder, 'index.json'), 'utf8'));
  const index = await read(root.manifests[0].digest);
  const blob = place((await read(index.manifests[0].digest)).layers[layer].digest);
  const bytes = await readFile(blob);
  bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
  await rm(blob);
  await writeFile(blob, bytes);
}

function replaced(tar: Buffer, from: string, to: string): Buffer {
  const at = tar.indexOf(from);
  assert.ok(at >= 0, `no ${from}`);
  const copy = Buffer.from(tar);
  copy.write(to, at, 'latin1');
  return copy;
}

/** Writes a field of the ustar header of a path, and its checksum. */
function withHeader(tar: Buffer, path: string, { offset, text }: { offset: number; text: string }): Buffer {
  const at = tar.indexOf(`${path}\0`);
  assert.ok(at >= 0 && at % 512 === 0, `no header of ${path}`);
  const copy = Buffer.from(tar);
  const header = copy.subarray(at, at + 512);
  header.write(text, offset, 'latin1');
  header.fill(' ', 148, 156, 'latin1');
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return copy;
}
