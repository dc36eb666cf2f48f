import assert from 'node:assert/strict';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pullManifest } from '../../../src/container/registry/pull.ts';
import { parseReference } from '../../../src/nouns/reference.ts';
import { type LocalServer, startServer } from '../sources/fakes.ts';
import { type FakeRegistry, startFakeRegistry } from './fake-registry.ts';
import { isFailure, withRegistry } from './support.ts';

const MANIFEST = Buffer.from('{"mediaType":"application/vnd.oci.image.manifest.v1+json"}');
const USER = Buffer.from('user:pass:word').toString('base64');

/** What a user has on the machine, the registry's name and the home folder filled in. */
interface Home {
  readonly config?: (name: string) => unknown;
  readonly authJson?: (name: string) => unknown;
  /** Text of a helper's script. */
  readonly helper?: string;
  readonly env?: Readonly<Record<string, string>>;
}

async function pullWith(fake: FakeRegistry, { config, authJson, helper, env = {} }: Home, path = 'team/m') {
  return withRegistry(
    fake.name,
    async ({ registry, folder }) => {
      if (config) await writeJson(join(folder, '.docker', 'config.json'), config(fake.name));
      if (authJson) await writeJson(join(folder, '.config', 'containers', 'auth.json'), authJson(fake.name));
      if (helper) {
        const file = join(folder, 'docker-credential-test');
        await writeFile(file, `#!/bin/sh\n${helper}\n`);
        await chmod(file, 0o755);
        Object.assign(registry.options.machine.env, { PATH: `${folder}:${process.env.PATH}` });
      }
      return pullManifest(parseReference(`${fake.name}/${path}:1`), registry);
    },
    { env },
  );
}

async function writeJson(file: string, value: unknown): Promise<void> {
  await mkdir(join(file, '..'), { recursive: true });
  await writeFile(file, typeof value === 'string' ? value : JSON.stringify(value));
}

describe('signing in to a registry by user and password', () => {
  let fake: FakeRegistry;
  before(async () => {
    fake = await startFakeRegistry({
      intercept: (request, response) => {
        if (request.headers.authorization === `Basic ${USER}`) return false;
        response.writeHead(401, { 'www-authenticate': 'Basic realm="here"' }).end();
        return true;
      },
    });
    fake.add('team/m', { manifests: { '1': MANIFEST } });
  });
  after(() => fake.close());

  const GOOD: Readonly<Record<string, Home>> = {
    "from Docker's config.json": { config: (name) => ({ auths: { [name]: { auth: USER } } }) },
    'under an address as old versions wrote it': {
      config: (name) => ({ auths: { [`https://${name}/v1/`]: { auth: USER } } }),
    },
    'from user and password apart': {
      config: (name) => ({ auths: { [name]: { username: 'user', password: 'pass:word' } } }),
    },
    "from the file of Docker's relatives, for a path": {
      authJson: (name) => ({ auths: { [name]: { auth: 'eDp5' }, [`${name}/team`]: { auth: USER } } }),
    },
    'from a helper for the host': {
      config: (name) => ({ credHelpers: { [name]: 'test' } }),
      helper: `read server; [ "$1" = get ] || exit 9; echo '{"ServerURL":"x","Username":"user","Secret":"pass:word"}'`,
    },
    'from the store for all hosts': {
      config: (name) => ({ credsStore: 'test', auths: { [name]: {} } }),
      helper: `cat >/dev/null; echo '{"Username":"user","Secret":"pass:word"}'`,
    },
    'from the file where the store has nothing': {
      config: (name) => ({ credsStore: 'test', auths: { [name]: { auth: USER } } }),
      helper: `cat >/dev/null; echo 'credentials not found in native keychain'; exit 1`,
    },
  };
  for (const [title, home] of Object.entries(GOOD)) {
    it(`finds them ${title}`, async function () {
      if (home.helper && process.platform === 'win32') this.skip();
      assert.deepEqual(Buffer.from((await pullWith(fake, home)).bytes), MANIFEST);
    });
  }

  const BAD: Readonly<Record<string, readonly [Home, string, RegExp]>> = {
    'has nothing': [{}, 'registry/unauthorized', /401/],
    'has an empty entry': [{ config: (name) => ({ auths: { [name]: {} } }) }, 'registry/unauthorized', /docker login/],
    'has them for another host': [
      { config: () => ({ auths: { 'other.example': { auth: USER } } }) },
      'registry/unauthorized',
      /401/,
    ],
    'has the wrong ones': [
      { config: (name) => ({ auths: { [name]: { auth: 'eDp5' } } }) },
      'registry/unauthorized',
      /401/,
    ],
    'has a file that is no JSON': [{ config: () => '{' }, 'registry/credentials-file', /config\.json/],
    'has an auth that is none': [
      { config: (name) => ({ auths: { [name]: { auth: 'eA==' } } }) },
      'registry/credentials-file',
      /base64 of USER:PASSWORD/,
    ],
    'names a helper that is not there': [
      { config: () => ({ credsStore: 'no-such-helper' }) },
      'registry/credential-helper',
      /docker-credential-no-such-helper/,
    ],
    'names a helper that is a path': [
      { config: () => ({ credsStore: '../../bin/sh' }) },
      'registry/credential-helper',
      /no name of a program/,
    ],
    'has a helper that fails': [
      { config: () => ({ credsStore: 'test' }), helper: 'echo locked; exit 1' },
      'registry/credential-helper',
      /locked/,
    ],
    'has a helper that talks nonsense': [
      { config: () => ({ credsStore: 'test' }), helper: 'echo []' },
      'registry/credential-helper',
      /Username/,
    ],
  };
  for (const [title, [home, code, part]] of Object.entries(BAD)) {
    it(`says so where the user ${title}`, async () => {
      await assert.rejects(pullWith(fake, home), isFailure(code, part));
    });
  }
});

describe('signing in to a registry by token', () => {
  let fake: FakeRegistry;
  let tokens: LocalServer;
  const asked: { method: string | undefined; query: URLSearchParams; authorization: string | undefined }[] = [];
  let expired = 0;

  before(async () => {
    tokens = await startServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const text = request.method === 'POST' ? Buffer.concat(chunks).toString() : (request.url ?? '').split('?')[1];
      const query = new URLSearchParams(text);
      const { authorization } = request.headers;
      asked.push({ method: request.method, query, authorization });
      const known = authorization === `Basic ${USER}` || query.get('refresh_token') === 'identity';
      if (known) response.end(JSON.stringify(request.method === 'POST' ? { access_token: 'good' } : { token: 'good' }));
      else response.end(JSON.stringify({ token: 'anybody' }));
    });
    fake = await startFakeRegistry({
      intercept: (request, response) => {
        const { authorization } = request.headers;
        if (authorization === 'Bearer good' || authorization === 'Bearer direct') {
          if (expired === 0) return false;
          expired -= 1;
        }
        if (authorization === 'Bearer anybody' && request.url?.includes('/open/')) return false;
        const header = `Bearer realm="${tokens.url}/token",service="the registry",scope="repository:team/m:pull"`;
        response.writeHead(401, { 'www-authenticate': header }).end();
        return true;
      },
    });
    fake.add('team/m', { manifests: { '1': MANIFEST } });
    fake.add('open/m', { manifests: { '1': MANIFEST } });
  });
  after(async () => {
    await fake.close();
    await tokens.close();
  });
  beforeEach(() => asked.splice(0));

  it('gets one for user and password', async () => {
    await pullWith(fake, { config: (name) => ({ auths: { [name]: { auth: USER } } }) });
    assert.deepEqual(
      asked.map(({ method, query }) => [method, query.get('service'), query.getAll('scope')]),
      [['GET', 'the registry', ['repository:team/m:pull']]],
    );
  });

  it('gets one for an identity token', async () => {
    await pullWith(fake, { config: (name) => ({ auths: { [name]: { auth: USER, identitytoken: 'identity' } } }) });
    assert.deepEqual(
      asked.map(({ method, query }) => [method, query.get('grant_type'), query.get('scope')]),
      [['POST', 'refresh_token', 'repository:team/m:pull']],
    );
  });

  it('gets one for an identity token that a helper keeps', async function () {
    if (process.platform === 'win32') this.skip();
    await pullWith(fake, {
      config: () => ({ credsStore: 'test' }),
      helper: `cat >/dev/null; echo '{"Username":"<token>","Secret":"identity"}'`,
    });
    assert.equal(asked[0]?.method, 'POST');
  });

  it('shows a registry token as it is', async () => {
    await pullWith(fake, { config: (name) => ({ auths: { [name]: { registrytoken: 'direct' } } }) });
    assert.deepEqual(asked, []);
  });

  it('gets one for nobody where all may read', async () => {
    assert.deepEqual(Buffer.from((await pullWith(fake, {}, 'open/m')).bytes), MANIFEST);
    assert.equal(asked[0]?.authorization, undefined);
    await assert.rejects(pullWith(fake, {}), isFailure('registry/unauthorized'));
  });

  it('gets another one when it has expired', async () => {
    await withRegistry(fake.name, async ({ registry, folder }) => {
      await writeJson(join(folder, '.docker', 'config.json'), { auths: { [fake.name]: { auth: USER } } });
      const reference = parseReference(`${fake.name}/team/m:1`);
      await pullManifest(reference, registry);
      await pullManifest(reference, registry);
      assert.equal(asked.length, 1);
      expired = 1;
      await pullManifest(reference, registry);
      assert.equal(asked.length, 2);
    });
  });

  it('does not show secrets in the clear to another machine', async () => {
    const clear = await startFakeRegistry({
      intercept: (_, response) => {
        response.writeHead(401, { 'www-authenticate': 'Bearer realm="http://tokens.example/token"' }).end();
        return true;
      },
    });
    try {
      await assert.rejects(
        pullWith(clear, { config: (name) => ({ auths: { [name]: { auth: USER } } }) }),
        isFailure('network/broken', /no place for secrets/),
      );
    } finally {
      await clear.close();
    }
  });
});
