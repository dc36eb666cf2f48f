import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { identity, makePlan, SLOW, slowBody, TWO_BY_TWO } from './plans.ts';
import { ask, type RunningServer, runCommand, type ServerSetup, spawnServer, useServers } from './running-server.ts';

const CONNECTIONS = 16;
const DRAINS = 5;

const TINY: ServerSetup = { fixture: 'two-by-two', plan: makePlan(TWO_BY_TWO) };
const SLOW_SETUP: ServerSetup = { fixture: 'slow', plan: makePlan(SLOW) };

describe('the life of the server', () => {
  const start = useServers();

  for (let attempt = 1; attempt <= DRAINS; attempt++) {
    it(`loses no request of ${CONNECTIONS} busy connections at SIGTERM (try ${attempt})`, async () => {
      const server = await start(SLOW_SETUP);
      const clients = Array.from({ length: CONNECTIONS }, () => new BusyClient(server.port(), slowBody(2000)));
      await delay(150 + 10 * attempt);
      server.process.kill('SIGTERM');
      await Promise.all(clients.map((client) => client.closed));
      assert.equal(await server.exit, 0, server.output.stderr);
      const answered = clients.reduce((sum, client) => sum + client.answered, 0);
      assert.ok(answered >= CONNECTIONS, `${answered} answers`);
      for (const client of clients) assert.deepEqual([client.sent - client.answered, client.errors], [0, []]);
    });
  }

  for (const [title, framing] of [
    ['plain', (body: string) => `content-length: ${body.length}\r\n\r\n${body}`],
    [
      'chunked',
      (body: string) => `transfer-encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
    ],
  ] as const) {
    it(`takes no more of a client that always has ${title} requests under way, and answers those that it has`, async () => {
      const server = await start({ ...SLOW_SETUP, environment: { PLIMSOLL_GRACE_SECONDS: '4' } });
      const socket = await connected(server);
      const request = `POST /v2/models/model/infer HTTP/1.1\r\nhost: x\r\n${framing(slowBody(2000))}`;
      socket.write(request.repeat(8));
      const text: string[] = [];
      // What it sends after the last answer finds nobody there.
      socket.on('error', () => {});
      socket.setEncoding('latin1').on('data', (piece: string) => {
        text.push(piece);
        socket.write(request.repeat(piece.split('HTTP/1.1 200').length - 1));
      });
      await delay(300);
      server.process.kill('SIGTERM');
      assert.equal(await server.exit, 0, server.output.stderr);
      const answers = text.join('').split(/(?=HTTP\/1\.1 )/);
      assert.ok(answers.every((answer) => /^HTTP\/1\.1 200 .*\]\}\]\}$/s.test(answer)));
      assert.deepEqual(
        answers.flatMap((answer, index) => (/^connection: close\r$/im.test(answer) ? [index] : [])),
        [answers.length - 1],
      );
    });
  }

  it('answers those whom it had no time to accept before the signal came', async () => {
    const server = await start(SLOW_SETUP);
    const first = new BusyClient(server.port(), slowBody(100_000));
    await delay(100);
    const clients = [first, ...Array.from({ length: 40 }, () => new BusyClient(server.port(), slowBody(10)))];
    await delay(50);
    server.process.kill('SIGTERM');
    await Promise.all(clients.map((client) => client.closed));
    assert.equal(await server.exit, 0);
    for (const client of clients) assert.deepEqual([client.sent - client.answered, client.errors], [0, []]);
  });

  it('refuses to start without the environment that its memory budget counts on, and warns where it has no budget', async () => {
    const environment = { MALLOC_ARENA_MAX: '2' };
    const refused = await spawnServer({
      fixture: 'two-by-two',
      plan: makePlan({ ...TWO_BY_TWO, environment, memoryBytes: 2 ** 28 }),
    });
    assert.equal(await refused.exit, 2);
    assert.match(refused.output.stderr, /the memory budget of 256 MiB cannot be kept: MALLOC_ARENA_MAX is not set/);
    const warned = await start({ fixture: 'two-by-two', plan: makePlan({ ...TWO_BY_TWO, environment }) });
    assert.match(warned.output.stderr, /may take far more memory than planned: MALLOC_ARENA_MAX is not set/);
  });

  it('finishes a request whose body is still coming in, and is not ready meanwhile', async () => {
    const server = await start(TINY);
    const client = await connected(server);
    const body = '{"inputs":[]}';
    client.write(`POST /v2/models/model/infer HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n{`);
    const other = await connected(server);
    await delay(100);
    server.process.kill('SIGTERM');
    await delay(100);
    other.write('GET /v2/health/ready HTTP/1.1\r\nhost: x\r\n\r\n');
    assert.match(await rest(other), /^HTTP\/1\.1 503 .*connection: close.*shutting down/is);
    client.write(body.slice(1));
    assert.match(await rest(client), /^HTTP\/1\.1 400 .*is missing; this model wants/s);
    assert.equal(await server.exit, 0);
  });

  it('takes no new connections after SIGTERM, closes idle ones quietly and exits 0', async () => {
    const server = await start(TINY);
    const idle = await connected(server);
    const begun = performance.now();
    server.process.kill('SIGTERM');
    assert.equal(await rest(idle), '');
    assert.equal(await server.exit, 0);
    assert.ok(performance.now() - begun < 10_000);
    await assert.rejects(connected(server), { code: 'ECONNREFUSED' });
  });

  it('exits at once where nobody is connected', async () => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      const server = await start(TINY);
      server.process.kill(signal);
      assert.equal(await server.exit, 0);
    }
  });

  it('cuts off what is not done when the grace period ends, and says so', async () => {
    const server = await start({ ...TINY, environment: { PLIMSOLL_GRACE_SECONDS: '1' } });
    const client = await connected(server);
    client.write('POST /v2/models/model/infer HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n{');
    await delay(100);
    server.process.kill('SIGTERM');
    assert.equal(await server.exit, 1);
    assert.match(server.output.stderr, /1 request was cut off: the grace period of 1 s is over/);
  });

  it('ends at once at a second signal', async () => {
    const server = await start(TINY);
    const client = await connected(server);
    client.write('POST /v2/models/model/infer HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n{');
    await delay(100);
    server.process.kill('SIGTERM');
    await delay(100);
    server.process.kill('SIGTERM');
    assert.equal(await server.exit, 143);
  });

  it('opens no debugger at SIGUSR1', async () => {
    const server = await start(TINY);
    server.process.kill('SIGUSR1');
    await delay(300);
    assert.equal((await ask(server, '/v2/health/ready')).status, 200);
    assert.equal(server.output.stderr, '');
  });

  it('goes on where nobody reads its output any more', async () => {
    const server = await start({ ...TINY, environment: { PLIMSOLL_ACCESS_LOG: 'json' } });
    server.process.stdout?.destroy();
    server.process.stderr?.destroy();
    for (let count = 0; count < 5; count++) {
      assert.equal((await ask(server, '/v2/health/ready')).status, 200);
      await delay(20);
    }
    server.process.kill('SIGTERM');
    assert.equal(await server.exit, 0);
  });

  it('keeps few lines for a reader that stands still', async () => {
    const server = await start({ ...TINY, environment: { PLIMSOLL_ACCESS_LOG: 'json' } });
    server.process.stdout?.pause();
    const target = `/v2/${'x'.repeat(10_000)}`;
    for (let count = 0; count < 500; count++) assert.equal((await ask(server, target)).status, 404);
    server.process.stdout?.resume();
    server.process.kill('SIGTERM');
    assert.equal(await server.exit, 0);
    // What this end has room for comes beside it.
    assert.ok(server.output.stdout.length < 2 ** 21, `${server.output.stdout.length}`);
    for (const line of server.output.stdout.trimEnd().split('\n')) JSON.parse(line);
  });

  const faults: readonly (readonly [title: string, setup: ServerSetup, code: number, message: RegExp])[] = [
    [
      'a wrong setting',
      { ...TINY, environment: { PLIMSOLL_HTTP_PORT: 'eighty' } },
      2,
      /PLIMSOLL_HTTP_PORT is "eighty"; wanted/,
    ],
    [
      'a plan that is not there',
      { ...TINY, environment: { PLIMSOLL_PLAN: '/nowhere/plan.json' } },
      2,
      /cannot read the plan \/nowhere\/plan\.json/,
    ],
    [
      'a plan of another schema',
      { ...TINY, plan: { ...TINY.plan, schema: 'plimsoll.plan/2' as 'plimsoll.plan/1' } },
      2,
      /has schema "plimsoll\.plan\/2"; this server reads plimsoll\.plan\/1/,
    ],
    [
      'a model that is not there',
      { ...TINY, plan: { ...TINY.plan, model: { ...TINY.plan.model, file: 'gone.onnx' } } },
      1,
      /gone\.onnx/,
    ],
    [
      'an address that is not here',
      { ...TINY, environment: { PLIMSOLL_HOST: '192.0.2.1' } },
      2,
      /PLIMSOLL_HOST and PLIMSOLL_HTTP_PORT: cannot listen on 192\.0\.2\.1 port 0/,
    ],
  ];
  for (const [title, setup, code, message] of faults) {
    it(`does not start with ${title}, and says why in one line`, async () => {
      const server = await spawnServer(setup);
      assert.equal(await server.exit, code);
      assert.match(server.output.stderr, message);
      assert.equal(server.output.stderr.trimEnd().split('\n').length, 1, server.output.stderr);
      assert.equal(server.output.stdout, '');
    });
  }

  it('does not start with an element type that the binding would crash on', async () => {
    const plan = makePlan(identity('int8'));
    const outputs = [{ name: 'y', elementType: 'int4' as 'int8', shape: [1] }];
    const server = await spawnServer({
      fixture: 'identity-int8',
      plan: { ...plan, model: { ...plan.model, outputs } },
    });
    assert.equal(await server.exit, 2);
    assert.match(server.output.stderr, /tensor "y" is int4/);
  });

  it('tells about a port that is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const server = await spawnServer({ ...TINY, environment: { PLIMSOLL_HTTP_PORT: String(port) } });
    assert.equal(await server.exit, 2);
    assert.match(server.output.stderr, new RegExp(`cannot listen on 127\\.0\\.0\\.1 port ${port}: .*EADDRINUSE`));
    other.close();
  });

  it('finds its plan, and the model beside it, where PLIMSOLL_PLAN says', async () => {
    const first = await start(TINY);
    await start({ ...SLOW_SETUP, environment: { PLIMSOLL_PLAN: join(first.folder, 'model', 'plan.json') } });
  });

  it('answers no to the health command where nothing listens', async () => {
    const server = await start(TINY);
    server.process.kill('SIGKILL');
    await server.exit;
    assert.equal(await runCommand(server, ['--health']), 1);
  });
});

/** Sends one request after another on a kept connection until an answer closes it. */
class BusyClient {
  sent = 0;
  answered = 0;
  readonly errors: string[] = [];
  readonly closed: Promise<unknown>;
  readonly #socket: Socket;
  readonly #request: string;
  #received = '';

  constructor(port: number, body: string) {
    this.#request = `POST /v2/models/model/infer HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
    this.#socket = connect(port, '127.0.0.1', () => this.#send());
    this.#socket.setEncoding('latin1');
    this.#socket.on('data', (text: string) => this.#receive(text));
    this.#socket.on('error', (error) => this.errors.push(error.message));
    this.closed = new Promise((resolve) => this.#socket.once('close', resolve));
  }

  #send(): void {
    this.sent++;
    this.#socket.write(this.#request);
  }

  #receive(text: string): void {
    this.#received += text;
    if (!this.#received.endsWith(']}]}')) return;
    if (!this.#received.startsWith('HTTP/1.1 200')) this.errors.push(this.#received);
    this.answered++;
    const last = /\r\nconnection: close\r\n/i.test(this.#received);
    this.#received = '';
    if (!last) this.#send();
  }
}

async function connected(server: RunningServer): Promise<Socket> {
  const socket = connect(server.port(), '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}

/** All that comes until the other side closes. */
async function rest(socket: Socket): Promise<string> {
  let text = '';
  socket.setEncoding('utf8');
  for await (const piece of socket) text += piece;
  return text;
}

function delay(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
