import assert from 'node:assert/strict';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { defaultEndpoints } from '../../../src/container/engine/endpoint.ts';
import { findEngine } from '../../../src/container/engine/find-engine.ts';
import { digestOf, hexOf } from '../../../src/nouns/digest.ts';
import { withFolder } from '../image/fixtures.ts';
import { withFakeEngine } from './fake-engine.ts';

describe('finding a container engine', () => {
  it('takes the one that DOCKER_HOST names', async () => {
    await withFolder(async (folder) => {
      await withFakeEngine(folder, {}, async ({ address }) => {
        const found = await findEngine({ DOCKER_HOST: address }, machineAt(folder));
        assert.ok('engine' in found);
        assert.equal(found.engine.version, '1.2.3');
        assert.equal(found.engine.architecture, 'amd64');
        assert.equal(found.engine.endpoint.origin, 'DOCKER_HOST');
      });
    });
  });

  it("takes the one of Docker's current context, and DOCKER_CONTEXT before that", async () => {
    await withFolder(async (folder) => {
      await withFakeEngine(folder, {}, async ({ address }) => {
        await writeContext(folder, { name: 'mine', address });
        await writeContext(folder, { name: 'gone', address: `unix://${folder}/gone.sock` });
        await writeFile(join(folder, '.docker', 'config.json'), JSON.stringify({ currentContext: 'gone', auths: {} }));
        const current = await findEngine({}, machineAt(folder));
        assert.ok('failure' in current);
        assert.match(current.failure.message, /the Docker context "gone"/);
        const chosen = await findEngine({ DOCKER_CONTEXT: 'mine' }, machineAt(folder));
        assert.ok('engine' in chosen);
      });
    });
  });

  it('looks in the places of Docker, of rootless Docker and of Podman when nobody names one', () => {
    const places = defaultEndpoints({ XDG_RUNTIME_DIR: '/run/user/7' }, { home: '/home/ada', platform: 'linux' });
    assert.deepEqual(
      places.map(({ address }) => address),
      [
        'unix:///var/run/docker.sock',
        'unix:///home/ada/.docker/run/docker.sock',
        'unix:///run/user/7/docker.sock',
        'unix:///run/user/7/podman/podman.sock',
        'unix:///run/podman/podman.sock',
      ],
    );
    const [pipe] = defaultEndpoints({}, { home: 'C:\\Users\\ada', platform: 'win32' });
    assert.equal(pipe?.address, 'npipe:////./pipe/docker_engine');
  });

  it('tells why there is none: no socket, nobody listening, no HTTP, containers of another system', async () => {
    await withFolder(async (folder) => {
      const plain = join(folder, 'plain.sock');
      const server = createServer((socket) => socket.resume().end('SSH-2.0\r\n'));
      await new Promise<void>((resolve) => server.listen(plain, resolve));
      const rows = [
        [`unix://${folder}/none.sock`, 'not running', 'engine/not-running'],
        ['tcp://127.0.0.1:1', 'not running', 'engine/not-running'],
        [`unix://${plain}`, 'no answer', 'engine/no-answer'],
        ['what is this', 'no answer', 'engine/no-answer'],
      ] as const;
      for (const [address, reason, code] of rows) {
        const found = await findEngine({ DOCKER_HOST: address }, machineAt(folder));
        assert.ok('failure' in found, address);
        assert.deepEqual([found.reason, found.failure.code], [reason, code], address);
        assert.ok(found.failure.message.includes(address));
        assert.notEqual(found.failure.mend, '');
      }
      await new Promise((resolve) => server.close(resolve));
      await withFakeEngine(folder, { os: 'windows' }, async ({ address }) => {
        const found = await findEngine({ DOCKER_HOST: address }, machineAt(folder));
        assert.ok('failure' in found);
        assert.equal(found.reason, 'not for Linux');
      });
    });
  });

  it('tells a socket that this user may not open', async function () {
    if (process.getuid?.() === 0) this.skip();
    await withFolder(async (folder) => {
      await withFakeEngine(folder, {}, async ({ address }) => {
        await chmod(address.slice('unix://'.length), 0);
        const found = await findEngine({ DOCKER_HOST: address }, machineAt(folder));
        assert.ok('failure' in found);
        assert.equal(found.failure.code, 'engine/no-permission');
      });
    });
  });
});

function machineAt(home: string) {
  return { home, platform: 'linux' } as const;
}

async function writeContext(home: string, { name, address }: { readonly name: string; readonly address: string }) {
  const folder = join(home, '.docker', 'contexts', 'meta', hexOf(digestOf(name)));
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'meta.json'), JSON.stringify({ Name: name, Endpoints: { docker: { Host: address } } }));
}
