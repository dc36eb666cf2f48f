import { readFileSync } from 'node:fs';
import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { makePlan, TWO_BY_TWO } from '../test/server/plans.ts';
import { type RunningServer, startServer } from '../test/server/running-server.ts';
import { http2Session } from './fuzz-http2.ts';
import { PLAIN, Random, STRUCTURED } from './mutations.ts';

/**
 * fuzz-server.ts [--seconds N] [--seed N]: sends the server requests that are wrong in seeded ways, as bytes and as messages, over
 * HTTP and gRPC, and watches its memory and that it answers. Fails where it ends, hangs, grows, logs a defect or, at the end,
 * does not answer a right request rightly or counts bytes of requests that are gone.
 */
const seconds = numberOf('--seconds', 60);
const seed = numberOf('--seed', 1);

/** What a healthy server of this fixture stays far below; hundreds of refused bodies at once would not. */
const MOST_RESIDENT_MIB = 400;
/** Requests under way at once. */
const LANES = 8;
/** A request that is wrong in its framing may wait for more; a right one is answered within this. */
const PATIENCE_MS = 5000;

const BODY =
  '{"id":"7","parameters":{"priority":1},"inputs":[{"name":"a","shape":[1,3],"datatype":"FP32","data":[1,2,3]},{"name":"b","shape":[1,3],"datatype":"FP32","data":[4,5,6]}],"outputs":[{"name":"sum"}]}';
/** Large enough that its numbers are read while it comes in. */
const LARGE_BODY = JSON.stringify({
  inputs: ['a', 'b'].map((name) => {
    const data = Array.from({ length: 6000 }, (_, index) => Math.fround(Math.sin(index)));
    return { name, shape: [data.length / 3, 3], datatype: 'FP32', data };
  }),
});
const ROW = '{"a":[1,2,3],"b":[4,5,6]}';
const BINARY_HEAD =
  '{"inputs":[{"name":"a","shape":[1,3],"datatype":"FP32","parameters":{"binary_data_size":12}},{"name":"b","shape":[1,3],"datatype":"FP32","parameters":{"binary_data_size":12}}]}';
const GRPC_METHODS = [
  'inference.GRPCInferenceService/ModelInfer',
  'inference.GRPCInferenceService/ModelStreamInfer',
  'inference.GRPCInferenceService/ModelMetadata',
  'grpc.health.v1.Health/Check',
  'grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
];

const random = new Random(seed);
const server = await startServer({ fixture: 'two-by-two', plan: makePlan(TWO_BY_TWO) });
let sent = 0;
let mostMib = 0;
let ended = false;
server.exit.then(() => {
  ended = true;
});
const end = performance.now() + seconds * 1000;
await Promise.all([...Array.from({ length: LANES }, lane), watch()]);
const problems: string[] = [];
if (ended) problems.push(`the server ended: ${server.output.stderr.slice(-2000)}`);
else if (!(await answers())) problems.push('it does not answer any more');
else if ((await heldBytes()) !== 0)
  problems.push(`${await heldBytes()} bytes of requests that are gone are still counted`);
if (mostMib > MOST_RESIDENT_MIB) problems.push(`it took ${mostMib} MiB; wanted at most ${MOST_RESIDENT_MIB}`);
if (/\n\s+at /.test(server.output.stderr)) problems.push(`a defect was logged: ${server.output.stderr.slice(0, 2000)}`);
server.process.kill('SIGTERM');
const code = await server.exit;
if (!ended && code !== 0) problems.push(`it exits with ${code}`);
console.log(`${sent} requests in ${seconds} s, seed ${seed}; at most ${mostMib} MiB resident`);
for (const problem of problems) console.error(problem);
process.exitCode = problems.length === 0 ? 0 : 1;

async function lane(): Promise<void> {
  while (performance.now() < end && !ended) {
    sent++;
    await random.pick([sendHttpBytes, sendBody, sendMessage, sendGrpcBytes, sendFrames, sendFrames])();
  }
}

/** Memory, and a right request now and then among the wrong ones. */
async function watch(): Promise<void> {
  while (performance.now() < end && !ended) {
    mostMib = Math.max(mostMib, residentMib(server));
    if (!(await answers())) {
      problemAtOnce('a right request was not answered rightly in time');
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

function problemAtOnce(message: string): void {
  if (ended) return;
  console.error(message);
  process.exitCode = 1;
  server.process.kill('SIGKILL');
}

/** A request whose head and body are both mutated, in pieces that end anywhere. */
function sendHttpBytes(): Promise<void> {
  const body = random.below(8) === 0 ? LARGE_BODY : BODY;
  const head = `POST /v2/models/model/infer HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`;
  return sendRaw(server.port(), mutated(Buffer.from(head + body)));
}

function sendGrpcBytes(): Promise<void> {
  const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
  const settings = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]);
  const rest = Buffer.concat([settings, Buffer.from(random.bytes(random.below(200)))]);
  return sendRaw(server.grpcPort(), Buffer.concat([preface, mutated(rest)]));
}

/** Frames of HTTP/2, right by themselves and wrong in their order, their streams and their numbers, or in their bytes too. */
function sendFrames(): Promise<void> {
  const message = (): Buffer => {
    const bytes = random.below(2) === 0 ? inferMessage() : change(inferMessage(), STRUCTURED);
    const framed = Buffer.concat([Buffer.alloc(5), bytes]);
    framed.writeUInt32BE(bytes.length, 1);
    return framed;
  };
  const session = http2Session({ random, paths: GRPC_METHODS, message });
  return sendRaw(server.grpcPort(), random.below(2) === 0 ? session : mutated(session));
}

/** A right head with a wrong body: JSON, plain rows, binary tensors, packed or not. */
async function sendBody(): Promise<void> {
  const kind = random.below(5);
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  let body = mutated(Buffer.from(kind === 1 ? ROW : BODY));
  if (kind === 2) {
    body = mutated(Buffer.concat([Buffer.from(BINARY_HEAD), Buffer.alloc(24)]));
    headers['inference-header-content-length'] = String(random.pick([BINARY_HEAD.length, 0, 10, 1e6]));
  } else if (kind === 3) {
    body = mutated(gzipSync(body));
    headers['content-encoding'] = random.pick(['gzip', 'deflate']);
  } else if (kind === 4) body = mutated(Buffer.from(LARGE_BODY));
  const path = kind === 1 ? '/predict' : '/v2/models/model/infer';
  try {
    const response = await fetch(`http://127.0.0.1:${server.port()}${path}`, {
      method: 'POST',
      body,
      headers,
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    if (response.status >= 500 && response.status !== 503)
      problemAtOnce(`${response.status}: ${await response.text()}`);
    else await response.arrayBuffer();
  } catch (error) {
    if (error instanceof Error && error.name === 'TimeoutError') problemAtOnce('a request was not answered in time');
  }
}

/** A right call with a wrong message. */
async function sendMessage(): Promise<void> {
  const session = connectHttp2(`http://127.0.0.1:${server.grpcPort()}`);
  session.on('error', () => {});
  try {
    const stream = session.request({
      ':method': 'POST',
      ':path': `/${random.pick(GRPC_METHODS)}`,
      'content-type': 'application/grpc',
      'grpc-encoding': random.pick(['identity', 'gzip']),
    });
    stream.on('error', () => {});
    stream.on('response', ({ 'grpc-status': status, 'grpc-message': message }) => {
      const isDefect = status === '2' || (status === '13' && !String(message).includes('Compressed-Flag'));
      if (isDefect) problemAtOnce(`a call ended with status ${status}: ${message}`);
    });
    const message = change(inferMessage(), random.below(3) === 0 ? PLAIN : STRUCTURED);
    const prefix = Buffer.alloc(5);
    prefix.writeUInt32BE(message.length, 1);
    const framed = Buffer.concat([prefix, message]);
    stream.end(random.below(4) === 0 ? mutated(framed) : framed);
    stream.resume();
    await new Promise<void>((resolve) => {
      stream.once('close', resolve);
      setTimeout(resolve, PATIENCE_MS).unref();
    });
  } finally {
    session.destroy();
  }
}

/** `ModelInferRequest` of two rows of three floats, written by hand. */
function inferMessage(): Buffer {
  const field = (number: number, content: Uint8Array | string): Buffer => {
    const bytes = Buffer.from(content);
    return Buffer.concat([Buffer.from([(number << 3) | 2, bytes.length]), bytes]);
  };
  const floats = new Uint8Array(Float32Array.of(1, 2, 3).buffer);
  const tensor = (name: string): Buffer =>
    Buffer.concat([field(1, name), field(2, 'FP32'), field(3, Uint8Array.of(1, 3)), field(5, field(6, floats))]);
  return Buffer.concat([field(1, 'model'), field(3, '7'), field(5, tensor('a')), field(5, tensor('b'))]);
}

/** Sends bytes as they are and waits for the server to close, not for long: it may rightly wait for more. */
function sendRaw(port: number, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const done = (): void => {
      socket.destroy();
      resolve();
    };
    socket.on('error', done);
    socket.on('close', done);
    // Some read nothing of what they are sent.
    if (random.below(4) > 0) socket.resume();
    const half = random.below(bytes.length + 1);
    socket.write(bytes.subarray(0, half));
    socket.write(bytes.subarray(half));
    setTimeout(done, 20 + random.below(80));
  });
}

/** What requests hold by the server's own count, once those that were cut off have been noticed. */
async function heldBytes(): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const response = await fetch(`http://127.0.0.1:${server.port()}/metrics`);
  return Number(/^plimsoll_admitted_bytes\S* (\d+)/m.exec(await response.text())?.[1] ?? Number.NaN);
}

async function answers(): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${server.port()}/predict`, {
      method: 'POST',
      body: ROW,
      headers: { 'content-type': 'application/json' },
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    return (await response.text()) === '{"sum":[5,7,9],"product":[4,10,18]}';
  } catch {
    return false;
  }
}

function mutated(bytes: Buffer): Buffer {
  return change(bytes, PLAIN);
}

function change(bytes: Uint8Array, mutations: typeof PLAIN): Buffer {
  let changed = bytes;
  for (let round = 1 + random.below(3); round > 0; round--) changed = random.pick(mutations)(changed, random);
  return Buffer.from(changed);
}

function residentMib({ process: { pid } }: RunningServer): number {
  try {
    const found = /^VmRSS:\s*(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return Math.round(Number(found?.[1] ?? 0) / 1024);
  } catch {
    return 0;
  }
}

function numberOf(flag: string, fallback: number): number {
  const place = process.argv.indexOf(flag);
  const value = place === -1 ? fallback : Number(process.argv[place + 1]);
  if (!Number.isInteger(value) || value < 0) throw new Error(`${flag}: wanted a whole number`);
  return value;
}
