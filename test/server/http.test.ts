import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { readPlainHead } from '../../templates/server/http/request-head.ts';
import { makePlan, TWO_BY_TWO } from './plans.ts';
import { ask, type RunningServer, useServers } from './running-server.ts';

const INFER = 'POST /v2/models/model/infer HTTP/1.1\r\n';

describe('A plain head', () => {
  const read = (...lines: string[]) => readPlainHead(Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'));

  it('is read with its fields by their names in lower case', () => {
    const head = read('POST /a?b=c HTTP/1.1', 'Host: x', 'Content-Length:  12 ', 'X-Text:\ta, b\xe9');
    assert.deepEqual([head?.method, head?.target, head?.bodyBytes], ['POST', '/a?b=c', 12]);
    assert.deepEqual({ ...head?.headers }, { host: 'x', 'x-text': 'a, b\xe9' });
  });

  const others: readonly (readonly [title: string, ...lines: string[]])[] = [
    ['another version', 'POST / HTTP/1.0', 'host: x'],
    ['another method', 'PUT / HTTP/1.1', 'host: x'],
    ['a target with a host', 'POST http://x/ HTTP/1.1', 'host: x'],
    ['a space in the target', 'POST /a b HTTP/1.1', 'host: x'],
    ['no host', 'POST / HTTP/1.1'],
    ['two hosts', 'POST / HTTP/1.1', 'host: x', 'Host: y'],
    ['two lengths', 'POST / HTTP/1.1', 'host: x', 'content-length: 1', 'content-length: 1'],
    ['two lengths in one', 'POST / HTTP/1.1', 'host: x', 'content-length: 1, 1'],
    ['a length with a sign', 'POST / HTTP/1.1', 'host: x', 'content-length: +1'],
    ['a length that is no number', 'POST / HTTP/1.1', 'host: x', 'content-length: 0x10'],
    ['a length that is empty', 'POST / HTTP/1.1', 'host: x', 'content-length:'],
    ['a body of GET', 'GET / HTTP/1.1', 'host: x', 'content-length: 1'],
    ['chunks', 'POST / HTTP/1.1', 'host: x', 'Transfer-Encoding: chunked'],
    ['chunks and a length', 'POST / HTTP/1.1', 'host: x', 'content-length: 1', 'transfer-encoding: chunked'],
    ['a wish for leave', 'POST / HTTP/1.1', 'host: x', 'expect: 100-continue', 'content-length: 1'],
    ['an upgrade', 'GET / HTTP/1.1', 'host: x', 'connection: upgrade', 'upgrade: websocket'],
    ['the connection’s end', 'GET / HTTP/1.1', 'host: x', 'connection: close'],
    ['a space before the colon', 'POST / HTTP/1.1', 'host: x', 'content-length : 1'],
    ['a field over two lines', 'POST / HTTP/1.1', 'host: x', 'x-a: 1', ' content-length: 1'],
    ['a bare line feed', 'POST / HTTP/1.1', 'host: x\ncontent-length: 1'],
    ['a bare carriage return', 'POST / HTTP/1.1', 'host: x\rcontent-length: 1'],
    ['a NUL', 'POST / HTTP/1.1', 'host: x\0'],
    ['a field without a name', 'POST / HTTP/1.1', 'host: x', ': 1'],
    ['a field without a colon', 'POST / HTTP/1.1', 'host: x', 'content-length'],
    [
      'more fields than anybody sends',
      'POST / HTTP/1.1',
      'host: x',
      ...Array.from({ length: 64 }, (_, n) => `x-${n}: 1`),
    ],
  ];
  for (const [title, ...lines] of others) {
    it(`is not one with ${title}`, () => assert.equal(read(...lines), undefined));
  }
});

describe('HTTP', () => {
  const startOne = useServers();
  const start = (environment: Record<string, string> = {}): Promise<RunningServer> =>
    startOne({
      fixture: 'two-by-two',
      plan: makePlan({ ...TWO_BY_TWO, maxSize: 16, bodyBytes: 100_000 }),
      environment,
    });
  let server: RunningServer;
  before(async () => {
    server = await start();
  });

  it('is read the same wherever a request is cut', async () => {
    const whole = request(1) + request(2, 'x-a: b\r\n');
    for (let place = 1; place < whole.length; place += 7) {
      const client = await open(server);
      client.socket.write(whole.slice(0, place));
      await sleep(1);
      client.socket.write(whole.slice(place));
      assert.deepEqual(await client.ids(2), [1, 2], `cut at ${place}`);
      client.socket.destroy();
    }
  });

  it('has requests of every kind answered in their order on one connection', async () => {
    const client = await open(server);
    const body = bodyOf(50);
    const chunked = `${INFER}host: x\r\ntransfer-encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
    const plain = Array.from({ length: 50 }, (_, id) => request(id)).join('');
    client.socket.write(`${plain}${chunked}${request(51)}`);
    assert.deepEqual(
      await client.ids(52),
      Array.from({ length: 52 }, (_, id) => id),
    );
    client.socket.destroy();
  });

  it('reads far more requests than it takes at once by itself, wherever a read of the socket ends', async () => {
    const client = await open(server);
    const count = 2000;
    client.socket.write(Array.from({ length: count }, (_, id) => request(id)).join(''));
    assert.deepEqual(
      await client.ids(count),
      Array.from({ length: count }, (_, id) => id),
    );
    // Node's own server, to which a connection is handed on for good, begins its fields with capitals.
    assert.doesNotMatch(client.text(), /^Date:/m);
    client.socket.destroy();
  });

  it('keeps apart what connections send at the same time, in pieces of any size, as JSON and as binary tensors', async () => {
    const clients = await Promise.all(Array.from({ length: 6 }, () => open(server)));
    const [rounds, each] = [8, 10];
    for (let round = 1; round <= rounds; round++) {
      await Promise.all(
        clients.map(async (client, place) => {
          const ids = Array.from({ length: each }, (_, index) => 100 * place + (round - 1) * each + index);
          const bytes = Buffer.concat(ids.map((id) => (id % 3 === 0 ? binaryRequest(id) : Buffer.from(request(id)))));
          for (let from = 0, turn = place; from < bytes.length; turn++) {
            // Heads that come whole stay with the lean reader.
            const to = round % 2 === 0 ? bytes.length : from + 1 + ((turn * 7919) % 1500);
            client.socket.write(bytes.subarray(from, to));
            from = to;
            await sleep(0);
          }
          await client.ids(round * each);
        }),
      );
    }
    for (const [place, client] of clients.entries()) {
      assert.deepEqual(
        await client.ids(rounds * each),
        Array.from({ length: rounds * each }, (_, id) => 100 * place + id),
      );
      client.socket.destroy();
    }
  });

  it('waits with the requests of a client that does not read its answers, and answers them all', async () => {
    const client = await open(server);
    client.socket.pause();
    const count = 8000;
    for (let id = 0; id < count; id++) client.socket.write(request(id));
    await sleep(300);
    client.socket.resume();
    const ids = await client.ids(count);
    assert.ok(ids.every((id, place) => id === place));
    client.socket.destroy();
    const metrics = (await ask(server, '/metrics')).text;
    assert.match(metrics, /^plimsoll_admitted_bytes 0$/m);
  });

  for (const [kind, fields] of [
    ['plain', ''],
    ['odd', 'te: x\r\nte: x\r\n'],
  ] as const) {
    it(`has others answered amid thousands of ${kind} requests that one client sends in a row`, async () => {
      const answered = async (): Promise<number> => {
        const { text } = await ask(server, '/metrics');
        return Number(/^http_requests_total\{method="GET",code="200"\} (\d+)$/m.exec(text)?.[1] ?? 0);
      };
      const before = await answered();
      const busy = await open(server);
      const count = 30_000;
      busy.socket.write(`GET /v2/health/live HTTP/1.1\r\nhost: x\r\n${fields}\r\n`.repeat(count));
      await once(busy.socket, 'data');
      const during = (await answered()) - before;
      busy.socket.destroy();
      assert.ok(during < count / 15, `${during} of ${count} were answered first`);
    });
  }

  it('lives on where many send odd requests in a row and read none of the answers', async () => {
    const clients = await Promise.all(Array.from({ length: 100 }, () => open(server)));
    for (const { socket } of clients) {
      socket.pause();
      socket.write('GET / HTTP/1.1\r\nhost: x\r\nte: x\r\nte: x\r\n\r\n'.repeat(500));
    }
    await sleep(1000);
    assert.equal((await ask(server, '/v2/health/live')).status, 200);
    for (const { socket } of clients) socket.destroy();
    assert.equal(server.process.exitCode, null);
  });

  const refused: readonly (readonly [title: string, head: string, status: number, message?: RegExp])[] = [
    ['two lengths', `${INFER}host: x\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}`, 400, /HTTP\/1\.1: .+/],
    ['a length beside chunks', `${INFER}host: x\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n{}`, 400],
    ['a space before a colon', `${INFER}host: x\r\ncontent-length : 2\r\n\r\n{}`, 400],
    [
      'a host that is none',
      `${INFER}host: a b\r\ncontent-length: 2\r\n\r\n{}`,
      400,
      /\\"Host\\" header field is \\"a b\\"; wanted/,
    ],
    ['a version to come', 'GET /v2 HTTP/2.0\r\nhost: x\r\n\r\n', 505, /of HTTP\/2\.0; wanted HTTP\/1\.1/],
    ['the first version', 'GET /v2\r\n\r\n', 505, /of HTTP\/0\.9; wanted HTTP\/1\.1/],
    ['no host', `${INFER}content-length: 2\r\n\r\n{}`, 400, /0 \\"Host\\" header fields; wanted one/],
    [
      'two hosts',
      `${INFER}host: x\r\nhost: y\r\ncontent-length: 2\r\n\r\n{}`,
      400,
      /2 \\"Host\\" header fields; wanted one/,
    ],
    [
      'a coding that it does not know',
      `${INFER}host: x\r\ntransfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
      501,
      /transfer-encoding is \\"gzip, chunked\\"; wanted chunked alone/,
    ],
    [
      'more fields than are kept',
      `GET /v2 HTTP/1.1\r\nhost: x\r\n${'x: 1\r\n'.repeat(200)}\r\n`,
      431,
      /201 header fields; wanted at most 200/,
    ],
    [
      'an expectation that it does not know',
      `${INFER}host: x\r\nexpect: 200-ok\r\ncontent-length: 2\r\n\r\n`,
      417,
      /expect is \\"200-ok\\"; wanted 100-continue/,
    ],
    ['the wish for a tunnel', 'CONNECT x:80 HTTP/1.1\r\nhost: x:80\r\n\r\n', 405, /CONNECT is not served here/],
    ['headers over the limit', `${INFER}host: x\r\nx-a: ${'a'.repeat(20_000)}\r\n\r\n`, 431],
    ['another protocol', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400, /this is TLS/],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400, /HTTP\/2 is spoken on the port of gRPC/],
  ];
  for (const [title, bytes, status, message = /"error":"/] of refused) {
    it(`refuses ${title} with ${status} and ends the connection`, async () => {
      const client = await open(server);
      // After a plain request, as the one that is smuggled behind it would come.
      client.socket.write(request(1));
      assert.deepEqual(await client.ids(1), [1]);
      client.socket.write(bytes, 'latin1');
      await client.closed;
      assert.deepEqual(client.statuses(), [200, status]);
      assert.match(client.text(), message);
      assert.equal(server.output.stderr, '', 'clients fill no log');
    });
  }

  const chunked = (id: number, fields = ''): string => {
    const body = request(id).split('\r\n\r\n')[1] ?? '';
    return `${INFER}host: x\r\n${fields}transfer-encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
  };
  const behind: readonly (readonly [title: string, bytes: string, statuses: readonly number[]])[] = [
    ['bytes that are no request', `${chunked(1)}${chunked(2)}\0`, [200, 200, 400]],
    [
      'a body that waits for leave and gets none',
      `${chunked(1)}${INFER}host: x\r\nexpect: 100-continue\r\ncontent-length: 99999999\r\n\r\n`,
      [200, 413],
    ],
    ['a broken chunk', `${chunked(1)}${chunked(2).slice(0, -7)}\0`, [200, 400]],
    [
      'more than the request that closes the connection',
      `${chunked(1)}${chunked(2, 'connection: close\r\n')}x`,
      [200, 200],
    ],
  ];
  for (const [title, bytes, statuses] of behind) {
    it(`answers what came before ${title}`, async () => {
      const client = await open(server);
      client.socket.write(bytes, 'latin1');
      await client.closed;
      assert.deepEqual(client.statuses(), statuses);
    });
  }

  it('gives no leave to a body of an old version, which does not wait for it', async () => {
    const client = await open(server);
    client.socket.write(request(1).replace('HTTP/1.1', 'HTTP/1.0').replace('host', 'expect: 100-continue\r\nhost'));
    await client.closed;
    assert.deepEqual(client.statuses(), [200]);
  });

  it('reads a refused body to its end where the connection closes behind it, so that its client sees why', async () => {
    const head = 'content-type: application/json\r\ncontent-length: 8000000\r\n';
    const refusals: readonly (readonly [head: string, status: number])[] = [
      [`${INFER}host: x\r\nconnection: close\r\n${head}`, 413],
      [`POST /predict HTTP/1.0\r\n${head}`, 413],
      [`POST /nowhere HTTP/1.0\r\n${head}`, 404],
      [`GET /v2 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n${head}`, 200],
    ];
    for (const [text, status] of refusals) {
      const client = await open(server);
      client.socket.write(`${text}\r\n`);
      await once(client.socket, 'data');
      for (let sent = 0; sent < 8_000_000; sent += 100_000) {
        const piece = Buffer.alloc(100_000, ' ');
        const error = await new Promise<unknown>((resolve) => client.socket.write(piece, resolve));
        assert.ok(!error, `${text}: ${error} after ${sent} bytes`);
      }
      await client.closed;
      assert.deepEqual(client.statuses(), [status]);
    }
  });

  it('answers a request once, whatever becomes of the rest of it', async () => {
    const slow = await start({ PLIMSOLL_REQUEST_TIMEOUT_MS: '400', PLIMSOLL_HEADERS_TIMEOUT_MS: '400' });
    const early: readonly (readonly [bytes: string, status: number])[] = [
      [`${INFER}host: x\r\ntransfer-encoding: xchunked\r\n\r\n`, 501],
      [`POST /nowhere HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nno size\r\n`, 404],
      [`POST /nowhere HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n`, 404],
      [`POST /nowhere HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\n`, 404],
      [`POST /nowhere HTTP/1.0\r\ncontent-length: 5\r\n\r\n`, 404],
    ];
    for (const [bytes, status] of early) {
      const client = await open(slow);
      client.socket.write(bytes);
      await client.closed;
      assert.deepEqual(client.statuses(), [status]);
    }
    assert.equal(slow.output.stderr, '');
  });

  it('takes targets that name the server, and old requests that name none', async () => {
    const [absolute, old] = [await open(server), await open(server)];
    absolute.socket.write('GET http://x:80/v2/health/live?a=b HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
    old.socket.write('GET /v2/health/live HTTP/1.0\r\n\r\n');
    for (const client of [absolute, old]) {
      await client.closed;
      assert.match(client.text(), /^HTTP\/1\.1 200 .*\{"live":true\}$/s);
    }
  });

  it('answers 408 to who is late with a head, with the rest of one and with a body, and keeps who has only nothing to ask', async () => {
    const slow = await start({ PLIMSOLL_HEADERS_TIMEOUT_MS: '400', PLIMSOLL_REQUEST_TIMEOUT_MS: '400' });
    const idle = await open(slow);
    idle.socket.write(request(1));
    assert.deepEqual(await idle.ids(1), [1]);
    const late = [
      '',
      INFER,
      `${request(1)}${INFER}host`,
      request(1).slice(0, -3),
      `${request(1)}${request(2).slice(0, -3)}`,
    ];
    const clients = await Promise.all(
      late.map(async (bytes) => {
        const client = await open(slow);
        client.socket.write(bytes);
        return client;
      }),
    );
    await Promise.all(clients.map((client) => client.closed));
    assert.deepEqual(
      clients.map((client) => client.statuses()),
      [[408], [408], [200, 408], [408], [200, 408]],
    );
    idle.socket.write(request(2));
    assert.deepEqual(await idle.ids(2), [1, 2]);
    idle.socket.destroy();
  });

  it('lets a body come slowly within its time', async () => {
    const slow = await start({ PLIMSOLL_HEADERS_TIMEOUT_MS: '200', PLIMSOLL_REQUEST_TIMEOUT_MS: '60000' });
    const client = await open(slow);
    const bytes = request(3);
    for (let place = 0; place < bytes.length; place += Math.ceil(bytes.length / 3)) {
      client.socket.write(bytes.slice(place, place + Math.ceil(bytes.length / 3)));
      if (place > 0) await sleep(250);
    }
    assert.deepEqual(await client.ids(1), [3]);
    client.socket.destroy();
  });

  it('closes connections over the limit, and takes new ones when others have gone', async () => {
    const small = await start({ PLIMSOLL_MAX_CONNECTIONS: '2' });
    const [first, second] = [await open(small), await open(small)];
    for (const client of [first, second]) {
      client.socket.write(request(1));
      assert.deepEqual(await client.ids(1), [1]);
    }
    const third = await open(small);
    await third.closed;
    assert.deepEqual(third.statuses(), []);
    first.socket.destroy();
    for (;;) {
      const next = await open(small);
      next.socket.write(request(2));
      const answered = await Promise.race([next.ids(1).catch(() => undefined), next.closed]);
      next.socket.destroy();
      if (answered !== undefined) break;
    }
    second.socket.destroy();
  });
});

function bodyOf(id: number): string {
  const tensor = (name: string) => ({ name, shape: [1, 3], datatype: 'FP32', data: [id, 2, 3] });
  return JSON.stringify({ id: String(id), inputs: [tensor('a'), tensor('b')] });
}

function request(id: number, fields = ''): string {
  const body = bodyOf(id);
  return `${INFER}host: x\r\n${fields}content-length: ${body.length}\r\n\r\n${body}`;
}

/** The same with binary tensors, answered as JSON. */
function binaryRequest(id: number): Buffer {
  const data = Buffer.from(Float32Array.of(id, 2, 3).buffer);
  const parameters = { binary_data_size: data.length };
  const tensor = (name: string) => ({ name, shape: [1, 3], datatype: 'FP32', parameters });
  const json = Buffer.from(JSON.stringify({ id: String(id), inputs: [tensor('a'), tensor('b')] }));
  const length = json.length + 2 * data.length;
  const head = `${INFER}host: x\r\ninference-header-content-length: ${json.length}\r\ncontent-length: ${length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), json, data, data]);
}

/** What comes back on a connection, as text. */
class Client {
  readonly socket: Socket;
  readonly closed: Promise<undefined>;
  #text = '';

  constructor(socket: Socket) {
    this.socket = socket;
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => {
      this.#text += text;
    });
    // A connection that is closed on what it has not read is reset; what it has answered counts.
    socket.on('error', () => {});
    this.closed = new Promise((resolve) => socket.once('close', () => resolve(undefined)));
  }

  /** All of it so far. */
  text(): string {
    return this.#text;
  }

  statuses(): number[] {
    return [...this.#text.matchAll(/HTTP\/1\.1 (\d+)/g)].map((match) => Number(match[1]));
  }

  /** Ids of the answers, once there are so many; each has to hold its own request's sum. */
  async ids(count: number): Promise<number[]> {
    for (;;) {
      const found = [...this.#text.matchAll(/"id":"(\d+)","outputs":\[\{"name":"sum"[^\]]*\],"data":\[(\d+),/g)];
      if (found.length >= count) {
        return found.map(([, id, sum]) => {
          assert.equal(Number(sum), 2 * Number(id));
          return Number(id);
        });
      }
      await once(this.socket, 'data');
    }
  }
}

async function open(server: RunningServer): Promise<Client> {
  const socket = connect(server.port(), '127.0.0.1');
  const client = new Client(socket);
  await once(socket, 'connect');
  return client;
}
