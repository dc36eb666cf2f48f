import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { openHttp } from '../../../src/container/sources/http.ts';
import { Failure } from '../../../src/nouns/failure.ts';

const CERTIFICATE = new URL('fixtures/localhost.crt', import.meta.url);
const KEY = new URL('fixtures/localhost.key', import.meta.url);

describe('a server whose certificate no known authority has signed', () => {
  let server: Server;
  let url: string;

  before(async () => {
    server = createServer({ cert: await readFile(CERTIFICATE), key: await readFile(KEY) }, (_, response) =>
      response.end('hello'),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  });
  after(() => server.close());

  it('is refused, and the variables that mend it are named', async () => {
    const http = openHttp({ env: {}, pauseMs: 1 });
    try {
      await assert.rejects(
        http.get({ url, what: 'the thing', maxBytes: 5 }, async () => {}),
        (error) => {
          assert.ok(error instanceof Failure);
          assert.equal(error.code, 'network/untrusted-certificate');
          assert.match(error.mend, /NODE_EXTRA_CA_CERTS.*NODE_USE_SYSTEM_CA/);
          return true;
        },
      );
    } finally {
      await http.close();
    }
  });

  it('is taken when NODE_EXTRA_CA_CERTS names the certificate', async () => {
    const module = new URL('../../../src/container/sources/http.ts', import.meta.url).href;
    const script = `
      const { openHttp } = await import(${JSON.stringify(module)});
      const http = openHttp({ env: {} });
      await http.get({ url: ${JSON.stringify(url)}, what: 'the thing', maxBytes: 5 }, async ({ body }) => {
        for await (const chunk of body) process.stdout.write(chunk);
      });
      await http.close();
    `;
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--import', 'tsx', '--input-type=module', '-e', script],
      {
        cwd: fileURLToPath(new URL('../../..', import.meta.url)),
        env: { ...process.env, NODE_EXTRA_CA_CERTS: fileURLToPath(CERTIFICATE) },
      },
    );
    assert.equal(stdout, 'hello');
  });
});
