import assert from 'node:assert/strict';
import { copyFile, mkdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isLoopback } from '../../../src/container/registry/loopback.ts';
import { pullManifest } from '../../../src/container/registry/pull.ts';
import { parseReference } from '../../../src/nouns/reference.ts';
import { startServer } from '../sources/fakes.ts';
import { isFailure, withRegistry } from './support.ts';

const FIXTURES = fileURLToPath(new URL('../sources/fixtures/', import.meta.url));
const MANIFEST = Buffer.from('{"mediaType":"application/vnd.oci.image.manifest.v1+json"}');

/** A registry that speaks TLS alone, with the certificate that no authority has signed. */
async function withTlsRegistry<T>(body: (port: number) => Promise<T>): Promise<T> {
  const server = createServer(
    { cert: await readFile(join(FIXTURES, 'localhost.crt')), key: await readFile(join(FIXTURES, 'localhost.key')) },
    (request, response) => response.end(request.url === '/v2/' ? '{}' : MANIFEST),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    return await body((server.address() as AddressInfo).port);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

describe('the way to a registry', () => {
  it('is in the clear on this machine only', () => {
    for (const name of ['localhost', 'localhost:5000', '127.0.0.1', '127.8.9.1:80', '[::1]:5000'])
      assert.ok(isLoopback(name), name);
    for (const name of ['localhost.example', '10.0.0.1', 'my127.0.0.1', '127.0.0.1.example', '[::2]', 'r.example:80']) {
      assert.ok(!isLoopback(name), name);
    }
  });

  it('is given up at once when it is called off, though the registry has not said a word', async () => {
    const stop = new AbortController();
    const server = await startServer(() => stop.abort(new Error('called off')));
    const { host } = new URL(server.url);
    try {
      await withRegistry(
        host,
        async ({ registry }) => {
          await assert.rejects(pullManifest(parseReference(`${host}/m:1`), registry), /called off/);
        },
        { signal: stop.signal, stallTimeoutMs: 120_000 },
      );
      assert.deepEqual(server.requests, ['GET /v2/']);
    } finally {
      await server.close();
    }
  });

  it('refuses a certificate that nobody vouches for, and takes it where certs.d has it', async () => {
    await withTlsRegistry(async (port) => {
      const name = `localhost:${port}`;
      const reference = parseReference(`${name}/m:1`);
      await withRegistry(name, async ({ registry }) => {
        await assert.rejects(
          pullManifest(reference, registry),
          isFailure('network/untrusted-certificate', /NODE_EXTRA_CA_CERTS/),
        );
      });
      await withRegistry(name, async ({ registry, folder }) => {
        const certificates = join(folder, '.docker', 'certs.d', name);
        await mkdir(certificates, { recursive: true });
        await copyFile(join(FIXTURES, 'localhost.crt'), join(certificates, 'ca.crt'));
        assert.deepEqual(Buffer.from((await pullManifest(reference, registry)).bytes), MANIFEST);
      });
    });
  });

  it('goes through the proxy that the environment names, but not to this machine', async () => {
    await withTlsRegistry(async (port) => {
      const tunnels: string[] = [];
      const proxy = await startServer(
        (_, response) => response.writeHead(500).end(),
        (server) =>
          server.on('connect', (request, socket) => {
            tunnels.push(request.url ?? '');
            const onward = connect(port, '127.0.0.1', () => {
              socket.write('HTTP/1.1 200 OK\r\n\r\n');
              onward.pipe(socket).pipe(onward);
            });
            for (const end of [onward, socket]) end.on('error', () => {});
          }),
      );
      const env = { HTTPS_PROXY: proxy.url, HTTP_PROXY: proxy.url };
      try {
        await withRegistry(
          'registry.example',
          async ({ registry }) => {
            // The name of the certificate is another; that it came this far shows the way.
            await assert.rejects(
              pullManifest(parseReference('registry.example/m:1'), registry),
              isFailure('network/untrusted-certificate'),
            );
          },
          { env },
        );
        assert.deepEqual([...new Set(tunnels)], ['registry.example:443']);
        tunnels.splice(0);
        const name = `localhost:${port}`;
        await withRegistry(
          name,
          async ({ registry }) => {
            await assert.rejects(
              pullManifest(parseReference(`${name}/m:1`), registry),
              isFailure('network/untrusted-certificate'),
            );
          },
          { env },
        );
        assert.deepEqual(tunnels, []);
      } finally {
        await proxy.close();
      }
    });
  });
});
