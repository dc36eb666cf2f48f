import assert from 'node:assert/strict';
import { createServer, type Http2Server, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import * as grpc from '@grpc/grpc-js';
import { openClient } from '../../../../src/recipes/verify/client.ts';
import { type Channel, framed, openChannel } from '../../../../src/recipes/verify/wire/call-unary.ts';
import type { Answer } from '../../../../src/verify/answer.ts';

const PATH = '/a.Service/Echo';
const asIs = (bytes: Buffer) => bytes;

/** A server by another's code, which answers a message with itself, or with the status that it names. */
async function withGrpcServer(act: (address: string) => Promise<void>): Promise<void> {
  const server = new grpc.Server();
  const answer: grpc.handleUnaryCall<Buffer, Buffer> = ({ request }, reply) => {
    const [status, text] = /^status (\d+) (.+)$/.exec(request.toString())?.slice(1) ?? [];
    if (status === undefined) reply(null, request);
    else reply({ code: Number(status), details: text ?? '' });
  };
  const way = { requestStream: false, responseStream: false } as const;
  const code = { requestSerialize: asIs, requestDeserialize: asIs, responseSerialize: asIs, responseDeserialize: asIs };
  server.addService({ echo: { path: PATH, ...way, ...code } }, { echo: answer });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  try {
    await act(`http://127.0.0.1:${port}`);
  } finally {
    server.forceShutdown();
  }
}

async function withHttp2Server(
  respond: (stream: ServerHttp2Stream) => void,
  act: (address: string) => Promise<void>,
): Promise<void> {
  const server: Http2Server = createServer();
  server.on('stream', (stream) => {
    stream.on('error', () => {});
    stream.resume();
    respond(stream);
  });
  const sessions = new Set<{ destroy(): void }>();
  server.on('session', (session) => sessions.add(session));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    await act(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    for (const session of sessions) session.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
}

async function withChannel(address: string, act: (channel: Channel) => Promise<void>): Promise<void> {
  const channel = openChannel(address, { timeoutMs: 500 });
  try {
    await act(channel);
  } finally {
    channel.close();
  }
}

describe('A unary call', () => {
  it('gets its message, of any length, many at a time over one connection', () =>
    withGrpcServer((address) =>
      withChannel(address, async (channel) => {
        const messages = [0, 1, 5, 2 ** 17, 2 ** 20].map((length) => Buffer.alloc(length, length % 251));
        const replies = await Promise.all(messages.map((message) => channel.call(PATH, message)));
        assert.deepEqual(
          replies.map(({ status, message }) => [status, Buffer.compare(message, messages.shift() as Buffer)]),
          replies.map(() => [0, 0]),
        );
      }),
    ));

  it('gets a status with its text', () =>
    withGrpcServer((address) =>
      withChannel(address, async (channel) => {
        const reply = await channel.call(PATH, Buffer.from('status 3 50 % für déjà'));
        assert.deepEqual([reply.status, reply.text], [3, '50 % für déjà']);
      }),
    ));

  it('goes over another connection where the first has ended', () =>
    withHttp2Server(
      (stream) => {
        stream.respond({ ':status': 200 }, { waitForTrailers: true });
        stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
        const { session } = stream;
        stream.on('close', () => session?.close());
        stream.end(framed(Buffer.from('once')));
      },
      (address) =>
        withChannel(address, async (channel) => {
          for (let at = 0; at < 3; at++) {
            assert.equal((await channel.call(PATH, Buffer.alloc(0))).message.toString(), 'once');
            await new Promise((resolve) => setTimeout(resolve, 20));
          }
        }),
    ));

  const broken: readonly [string, (stream: ServerHttp2Stream) => void, Partial<Answer>][] = [
    ['never comes', () => {}, { state: 'lost', why: 'timeout' }],
    ['is cut off', (stream) => stream.session?.destroy(), { state: 'lost', why: 'closed' }],
    ['is reset', (stream) => stream.close(2), { state: 'lost', why: 'closed' }],
    [
      'is of another protocol',
      (stream) => {
        stream.respond({ ':status': 200 });
        stream.end('hello');
      },
      { state: 'failed', status: 2 },
    ],
    [
      'has no room',
      (stream) => stream.respond({ ':status': 200, 'grpc-status': '8', 'grpc-message': 'full' }, { endStream: true }),
      { state: 'turned-away', status: 8, text: 'gRPC 8: full' },
    ],
    [
      'is a refusal',
      (stream) => stream.respond({ ':status': 200, 'grpc-status': '3', 'grpc-message': 'no' }, { endStream: true }),
      { state: 'refused', status: 3, text: 'gRPC 3: no' },
    ],
  ];
  for (const [title, respond, wanted] of broken) {
    it(`tells of an answer that ${title}`, () =>
      withHttp2Server(respond, async (grpcAddress) => {
        const client = openClient({ http: '', grpc: grpcAddress }, { model: 'm', timeoutMs: 500 });
        try {
          const found = await client.ask([{ name: 'x', datatype: 'FP32', shape: [1], data: [1] }], 'grpc');
          assert.deepEqual({ ...found, ...wanted }, found);
        } finally {
          client.close();
        }
      }));
  }

  it('tells of a server that is not there', async () => {
    const client = openClient({ http: '', grpc: 'http://127.0.0.1:1' }, { model: 'm', timeoutMs: 500 });
    const found = await client.ask([{ name: 'x', datatype: 'FP32', shape: [1], data: [1] }], 'grpc');
    client.close();
    assert.equal(found.state, 'lost');
  });
});
