import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect as connectHttp2 } from 'node:http2';
import { request } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { makeTokenGate } from '../../templates/server/access/tokens.ts';
import { makePlan, TWO_BY_TWO } from './plans.ts';
import { ask, type RunningServer, runCommand, spawnServer, useServers } from './running-server.ts';

const TOKEN = 'a-token-of-some-length';
const OTHER = 'another-token-of-some-length';

describe('access', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'plimsoll-access-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));
  const write = (name: string, text: string): string => {
    writeFileSync(join(folder, `${name}.new`), text);
    renameSync(join(folder, `${name}.new`), join(folder, name));
    return join(folder, name);
  };

  describe('by tokens', () => {
    it('lets in who has one of the file, and says to others what is wanted', () => {
      const gate = makeTokenGate(write('tokens', `# who may call\n\n${TOKEN}\r\n  ${OTHER}\n`), ignore);
      for (const header of [`Bearer ${TOKEN}`, `bearer  ${OTHER} `]) gate.assertAllowed(header);
      for (const [header, message] of [
        [undefined, /there is none/],
        ['', /not known/],
        [`Basic ${TOKEN}`, /not known/],
        [`Bearer ${TOKEN}x`, /not known/],
        ['Bearer # who may call', /not known/],
      ] as const) {
        assert.throws(() => gate.assertAllowed(header), { status: 401, message });
      }
    });

    for (const [title, text, message] of [
      ['nothing', '\n# none\n', /has no token/],
      ['a short one', `${TOKEN}\nshort\n`, /token 2 of .*at least 16 letters/],
      ['one with a space', 'a token of some length', /token 1 of .*no space/],
      ['one that no header carries as it is', 'a-token-of-some-lengþ', /token 1 of .*letters of ASCII/],
    ] as const) {
      it(`refuses a file with ${title}, without showing it`, () => {
        assert.throws(
          () => makeTokenGate(write('bad', text), ignore),
          (error: Error) => message.test(error.message) && !error.message.includes(TOKEN),
        );
      });
    }
  });

  describe('of a server', () => {
    const startOne = useServers();
    const start = (environment: Record<string, string>): Promise<RunningServer> =>
      startOne({ fixture: 'two-by-two', plan: makePlan(TWO_BY_TWO), environment });

    it('by token: health and the page are open, all else is not, over HTTP and gRPC; a changed file holds', async () => {
      const file = write('live', TOKEN);
      const server = await start({ PLIMSOLL_TOKENS_FILE: file });
      const authorization = `Bearer ${TOKEN}`;
      for (const path of ['/', '/v2/health/live', '/v2/health/ready?x=1']) {
        assert.equal((await ask(server, path)).status, 200, path);
      }
      for (const path of ['/v2', '/v2/models/model', '/metrics', '/openapi.json', '/predict', '/nothing', '//']) {
        const reply = await ask(server, path);
        assert.equal(reply.status, 401, path);
        assert.equal(reply.headers.get('www-authenticate'), 'Bearer');
      }
      const document = await ask(server, '/openapi.json', { headers: { authorization } });
      const { security, paths } = JSON.parse(document.text);
      assert.deepEqual(security, [{ bearer: [] }]);
      for (const [path, { get, post }] of Object.entries<Record<string, { security?: []; responses: object }>>(paths)) {
        const { security: own, responses } = get ?? post ?? { responses: {} };
        assert.deepEqual(
          [own !== undefined, '401' in responses],
          [path.includes('health'), !path.includes('health')],
          path,
        );
      }
      const method = '/inference.GRPCInferenceService/ServerMetadata';
      const plain = `http://127.0.0.1:${server.grpcPort()}`;
      assert.equal(await grpcStatus(plain, method, {}), '16');
      assert.equal(await grpcStatus(plain, method, { authorization }), '0');
      assert.equal(await grpcStatus(plain, '/grpc.health.v1.Health/Check', {}), '0');
      assert.equal(await runCommand(server, ['--health']), 0);
      write('live', OTHER);
      await until(async () => (await ask(server, '/v2', { headers: { authorization } })).status === 401);
      assert.equal((await ask(server, '/v2', { headers: { authorization: `Bearer ${OTHER}` } })).status, 200);
      write('live', '');
      await until(async () => server.output.stderr.includes('what was there before holds on'));
      assert.equal((await ask(server, '/v2', { headers: { authorization: `Bearer ${OTHER}` } })).status, 200);
      assert.ok(!server.output.stderr.includes(OTHER));
    });

    it('goes on by the tokens that it has while the way to their file is barred', async () => {
      const inner = join(folder, 'inner');
      mkdirSync(inner);
      writeFileSync(join(inner, 'tokens'), TOKEN);
      const server = await start({ PLIMSOLL_TOKENS_FILE: join(inner, 'tokens') });
      renameSync(inner, `${inner}.old`);
      symlinkSync(inner, inner);
      await until(async () => server.output.stderr.includes('what was there before holds on'));
      const headers = { authorization: `Bearer ${TOKEN}` };
      assert.equal((await ask(server, '/v2', { headers })).status, 200);
      rmSync(inner);
      writeFileSync(join(`${inner}.old`, 'tokens'), OTHER);
      renameSync(`${inner}.old`, inner);
      await until(async () => (await ask(server, '/v2', { headers })).status === 401);
    });

    it('by TLS from files, over HTTP and gRPC; a renewed certificate holds', async function () {
      const first = certificate('first');
      if (first === undefined) return this.skip();
      const files = { certificate: write('cert.pem', first.certificate), key: write('key.pem', first.key) };
      const server = await start({ PLIMSOLL_TLS_CERT_FILE: files.certificate, PLIMSOLL_TLS_KEY_FILE: files.key });
      const body = JSON.stringify({ a: [1, 2, 3], b: [1, 2, 3] });
      assert.deepEqual(JSON.parse(await post(server.port(), first.certificate, body)), {
        sum: [2, 4, 6],
        product: [1, 4, 9],
      });
      const secure = `https://127.0.0.1:${server.grpcPort()}`;
      assert.equal(await grpcStatus(secure, '/inference.GRPCInferenceService/ServerLive', {}, first.certificate), '0');
      for (const protocol of ['http/1.1', 'http/1.0']) assert.equal(await chosen(server.port(), [protocol]), protocol);
      assert.equal(await chosen(server.grpcPort(), ['http/1.1', 'h2']), 'h2');
      assert.equal(await runCommand(server, ['--health']), 0);
      for (const port of [server.port(), server.grpcPort()]) {
        const plain = await fetch(`http://127.0.0.1:${port}/v2`);
        assert.deepEqual([plain.status, await plain.json()], [400, { error: 'this port speaks TLS; wanted https://' }]);
        const silent = connect(port, '127.0.0.1');
        silent.end();
        await once(silent.resume(), 'close');
      }
      const second = certificate('second');
      write('key.pem', second?.key ?? '');
      write('cert.pem', second?.certificate ?? '');
      await until(async () => (await subjectAt(server.port())) === 'second');
      assert.equal(await subjectAt(server.grpcPort()), 'second');
      assert.equal(
        await post(server.port(), second?.certificate ?? '', body).then((text) => JSON.parse(text).sum.length),
        3,
      );
      server.process.kill('SIGTERM');
      assert.equal(await server.exit, 0);
    });

    for (const [title, environment, message] of [
      ['a certificate without its key', { PLIMSOLL_TLS_CERT_FILE: '/nowhere' }, /go together/],
      [
        'files that are not there',
        { PLIMSOLL_TLS_CERT_FILE: '/nowhere', PLIMSOLL_TLS_KEY_FILE: '/nowhere' },
        /PLIMSOLL_TLS_CERT_FILE and PLIMSOLL_TLS_KEY_FILE: .*ENOENT.*nowhere/,
      ],
      ['tokens that are not there', { PLIMSOLL_TOKENS_FILE: '/nowhere' }, /PLIMSOLL_TOKENS_FILE: .*ENOENT.*nowhere/],
    ] as const) {
      it(`stops the start with ${title}`, async () => {
        const server = await spawnServer({ fixture: 'two-by-two', plan: makePlan(TWO_BY_TWO), environment });
        assert.equal(await server.exit, 2);
        assert.match(server.output.stderr, message);
        assert.equal(server.output.stderr.trim().split('\n').length, 1);
      });
    }
  });

  /** A self-signed certificate, where this machine has openssl to make one. */
  function certificate(name: string): { certificate: string; key: string } | undefined {
    const [cert, key] = [join(folder, `${name}.crt`), join(folder, `${name}.key`)];
    const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1'];
    const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
    try {
      execFileSync('openssl', ['req', '-x509', ...kind, ...subject, '-keyout', key, '-out', cert], { stdio: 'ignore' });
    } catch {
      return undefined;
    }
    return { certificate: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') };
  }
});

/** The files of these tests go while they are still looked at. */
function ignore(): void {}

async function grpcStatus(url: string, path: string, headers: Record<string, string>, ca?: string): Promise<string> {
  const session = connectHttp2(url, ca === undefined ? {} : { ca });
  try {
    const stream = session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      ...headers,
    });
    let status = '';
    for (const event of ['response', 'trailers']) {
      stream.on(event, (fields: Record<string, unknown>) => {
        if (fields['grpc-status'] !== undefined) status = String(fields['grpc-status']);
      });
    }
    stream.end(Buffer.alloc(5));
    stream.resume();
    await once(stream, 'end');
    return status;
  } finally {
    session.destroy();
  }
}

async function post(port: number, ca: string, body: string): Promise<string> {
  const call = request({ host: '127.0.0.1', port, path: '/predict', method: 'POST', ca, agent: false });
  call.end(body);
  const [response] = await once(call, 'response');
  let text = '';
  for await (const piece of response) text += piece;
  return text;
}

async function subjectAt(port: number): Promise<string> {
  const socket = connectTls({ host: '127.0.0.1', port, rejectUnauthorized: false, ALPNProtocols: ['h2', 'http/1.1'] });
  await once(socket, 'secureConnect');
  const { CN } = socket.getPeerCertificate().subject;
  socket.destroy();
  return String(CN);
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (let round = 0; round < 150; round++) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.fail('it did not come to that within 15 s');
}

/** The protocol that the server chooses of these. */
async function chosen(port: number, protocols: string[]): Promise<string | false | null> {
  const socket = connectTls({ host: '127.0.0.1', port, rejectUnauthorized: false, ALPNProtocols: protocols });
  await once(socket, 'secureConnect');
  socket.destroy();
  return socket.alpnProtocol;
}
