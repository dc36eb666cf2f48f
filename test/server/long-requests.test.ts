import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { TYPED_CONTENTS } from '../../templates/server/grpc/typed-contents.ts';
import { WireWriter } from '../../templates/server/grpc/wire-writer.ts';
import { identity, makePlan } from './plans.ts';
import { ask, infer, type RunningServer, type ServerSetup, useServers } from './running-server.ts';

const ROWS = 50_000;
const COLUMNS = 4;
const COUNT = ROWS * COLUMNS;
const CLIENTS = 4;

/** Of a kind that is slow to read. */
const WIDE = '9007199254740993';

const SETUP: ServerSetup = {
  fixture: 'identity-int64',
  plan: makePlan({ ...identity('int64'), bodyBytes: 2 ** 24 }),
};

const elements = (last: string): string => `${`${WIDE},`.repeat(COUNT - 1)}${last}`;
const body = (last = WIDE): string =>
  `{"inputs":[{"name":"x","datatype":"INT64","shape":[${ROWS},${COLUMNS}],"data":[${elements(last)}]}]}`;

/** As many one-byte integers, of which the last may be in a field of another type. */
function message(lastField = TYPED_CONTENTS.int64.field): Buffer {
  const { field } = TYPED_CONTENTS.int64;
  const contents = new WireWriter()
    .span(field, Buffer.alloc(COUNT - 1, 7))
    .span(lastField, Buffer.of(7))
    .finish();
  const input = new WireWriter().text(1, 'x').text(2, 'INT64').packed(3, [ROWS, COLUMNS]).span(5, contents).finish();
  const whole = new WireWriter().text(1, 'model').span(5, input).finish();
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(whole.length, 1);
  return Buffer.concat([prefix, whole]);
}

const METHOD = '/inference.GRPCInferenceService/ModelInfer';

interface GrpcReply {
  readonly status: number;
  readonly text: string;
}

async function call(server: RunningServer, bytes: Buffer, path = METHOD): Promise<GrpcReply> {
  const session = connectHttp2(`http://127.0.0.1:${server.grpcPort()}`);
  const stream = session.request({
    ':method': 'POST',
    ':path': path,
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  const found = { status: -1, text: '' };
  const note = (headers: Record<string, unknown>) => {
    if (headers['grpc-status'] === undefined) return;
    found.status = Number(headers['grpc-status']);
    found.text = decodeURIComponent(String(headers['grpc-message'] ?? ''));
  };
  stream
    .on('response', note)
    .on('trailers', note)
    .on('error', () => {})
    .resume();
  stream.end(bytes);
  await once(stream, 'close');
  session.close();
  return found;
}

/** Whole requests, sent to the last byte. */
async function sendHttp(server: RunningServer): Promise<Socket> {
  const socket = connect(server.port(), '127.0.0.1');
  const text = body();
  socket.on('error', () => {});
  await once(socket, 'connect');
  socket.write(`POST /v2/models/model/infer HTTP/1.1\r\nhost: x\r\ncontent-length: ${text.length}\r\n\r\n${text}`);
  while (socket.writableLength > 0) await sleep(1);
  return socket;
}

const admitted = async (server: RunningServer): Promise<number> =>
  Number(/^plimsoll_admitted_bytes (\d+)$/m.exec((await ask(server, '/metrics')).text)?.[1]);

describe('long requests', () => {
  const start = useServers();

  it('are read beside what is short, several at a time, and held to the bytes that requests may hold until they are read', async () => {
    const server = await start(SETUP);
    const text = body();
    let open = CLIENTS;
    const answers = Promise.all(
      Array.from({ length: CLIENTS }, async () => {
        const reply = await infer(server, text);
        open--;
        return reply;
      }),
    );
    let most = 0;
    for (; open > 0; await sleep(5)) most = Math.max(most, await admitted(server));
    for (const { status, text: answer } of await answers) {
      assert.equal(status, 200);
      assert.ok(answer.endsWith(`"data":[${elements(WIDE)}]}]}`));
    }
    assert.ok(most >= text.length, `${most} bytes admitted at the most`);
    assert.equal(await admitted(server), 0);
    assert.equal(server.output.stderr, '');
  });

  it('are refused with 400 for what is wrong at their very end', async () => {
    const server = await start(SETUP);
    const text = body('"seven"');
    const place = text.indexOf('"seven"');
    const { status, text: answer } = await infer(server, text);
    assert.equal(status, 400);
    assert.equal(
      JSON.parse(answer).error,
      `input "x", element ${COUNT - 1} (at byte ${place}): wanted an integer from -9223372036854775808 to 9223372036854775807 for INT64, found "seven"`,
    );
    const rows = `[${`{"x":[1,2,3,4]},`.repeat(ROWS)}{"x":[1,2,3]}]`;
    const refused = await ask(server, '/predict', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: rows,
    });
    assert.equal(refused.status, 400);
    assert.match(JSON.parse(refused.text).error, new RegExp(`^row ${ROWS}: input "x" has shape`));
    assert.deepEqual(await call(server, message(6)), {
      status: 3,
      text: 'input "x": wanted int64_contents for INT64, found fp32_contents in its contents',
    });
    assert.equal((await call(server, message())).status, 0);
    assert.equal(server.output.stderr, '');
  });

  it('hold nothing any more once their clients have gone, while they are read or wait for that', async () => {
    const server = await start(SETUP);
    const sockets = await Promise.all(Array.from({ length: CLIENTS }, () => sendHttp(server)));
    const sessions = Array.from({ length: CLIENTS }, () => {
      const session = connectHttp2(`http://127.0.0.1:${server.grpcPort()}`);
      const stream = session.request({ ':method': 'POST', ':path': METHOD, 'content-type': 'application/grpc' });
      stream.on('error', () => {}).resume();
      stream.end(message());
      return { session, sent: once(stream, 'finish') };
    });
    await Promise.all(sessions.map(({ sent }) => sent));
    for (const socket of sockets) socket.destroy();
    for (const { session } of sessions) session.destroy();
    for (const deadline = Date.now() + 5000; (await admitted(server)) > 0; await sleep(10)) {
      assert.ok(Date.now() < deadline, `${await admitted(server)} bytes are still held`);
    }
    assert.equal((await infer(server, body())).status, 200);
    assert.equal(server.output.stderr, '');
  });

  it('are answered where the server is told to stop while they are read', async () => {
    const server = await start(SETUP);
    const sockets = await Promise.all(Array.from({ length: CLIENTS }, () => sendHttp(server)));
    const texts = sockets.map(async (socket) => {
      const pieces: Buffer[] = [];
      socket.on('data', (piece: Buffer) => pieces.push(piece));
      await once(socket, 'close');
      return Buffer.concat(pieces).toString('latin1');
    });
    const calls = Array.from({ length: CLIENTS }, () => call(server, message()));
    while ((await admitted(server)) < body().length);
    server.process.kill('SIGTERM');
    for (const text of await Promise.all(texts)) {
      assert.match(text, /^HTTP\/1\.1 200 /);
      assert.ok(text.endsWith(`"data":[${elements(WIDE)}]}]}`));
    }
    for (const { status } of await Promise.all(calls)) assert.equal(status, 0);
    assert.equal(await server.exit, 0);
    assert.equal(server.output.stderr, '');
  });

  it('are no messages of a method that takes no tensors', async () => {
    const server = await start(SETUP);
    const { status, text } = await call(server, message(), '/inference.GRPCInferenceService/ModelMetadata');
    assert.deepEqual(
      [status, text],
      [8, `a message of ${message().length - 5} bytes is larger than the 65536 that this image takes`],
    );
  });
});
