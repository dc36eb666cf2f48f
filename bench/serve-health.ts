import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import type { TensorSignature } from '../schemas/plan.ts';
import { DEFAULT_MAX_BODY_BYTES } from '../src/nouns/config.ts';
import { TYPED_CONTENTS } from '../templates/server/grpc/typed-contents.ts';
import { WireWriter } from '../templates/server/grpc/wire-writer.ts';
import { DATATYPES, type ServedType } from '../templates/server/open-inference/datatypes.ts';
import { makePlan } from '../test/server/plans.ts';
import { type RunningServer, startServer } from '../test/server/running-server.ts';
import { argument } from './figures.ts';
import { INFER } from './serve/asker.ts';
import { RawConnection, rawGet, rawRequest } from './serve/raw-client.ts';
import { prefixed, RawGrpcConnection } from './serve/raw-grpc.ts';
import { Times } from './serve/tally.ts';

/**
 * How long health waits while one client sends the largest body that the default limits take, of every kind, to a model that gives its input
 * back; and the most memory meanwhile. Server on the first processor. Usage: taskset -c 1 npx tsx bench/serve-health.ts [--only WORDS] [--times N]
 */
const only = argument('only')?.split(',');
const times = Number(argument('times') ?? 3);

const BYTES = Number(argument('bytes') ?? DEFAULT_MAX_BODY_BYTES - 4096);
const COLUMNS = 4;
/** Between two questions. */
const PAUSE_MS = 5;

interface Sent {
  readonly type: ServedType;
  /** Whole requests, for HTTP or for gRPC. */
  readonly http?: Buffer;
  readonly grpc?: Buffer;
}

/** As many of a text as there is room for, with commas between them; a number of rows of them. */
function repeated(element: string, { nested = false, bytes = BYTES } = {}): { text: string; rows: number } {
  const row = Array.from({ length: COLUMNS }, () => element).join(',');
  const unit = nested ? `[${row}],` : `${row},`;
  const rows = Math.floor(bytes / unit.length);
  return { text: unit.repeat(rows).slice(0, -1), rows };
}

function input(
  type: ServedType,
  element: string,
  { nested = false, isLate = false, extra = 0, gzip = false } = {},
): Sent {
  const { text, rows } = repeated(element, { nested });
  const shape = `"shape":[${rows - extra},${COLUMNS}]`;
  const data = `"data":[${text}]`;
  const body = `{"inputs":[{"name":"x","datatype":"${DATATYPES[type].name}",${isLate ? `${data},${shape}` : `${shape},${data}`}}]}`;
  const http = gzip ? rawRequest(gzipSync(body), { 'content-encoding': 'gzip' }) : rawRequest(body);
  return { type, http };
}

function whole(type: ServedType, body: string): Sent {
  return { type, http: rawRequest(body) };
}

function binary(type: ServedType, element: Buffer): Sent {
  const rows = Math.floor(BYTES / element.length / COLUMNS);
  const data = Buffer.concat(Array.from({ length: rows * COLUMNS }, () => element));
  const parameters = { binary_data_size: data.length };
  const inputs = [{ name: 'x', datatype: DATATYPES[type].name, shape: [rows, COLUMNS], parameters }];
  const json = Buffer.from(JSON.stringify({ inputs, parameters: { binary_data_output: true } }));
  return { type, http: rawRequest(Buffer.concat([json, data]), { 'inference-header-content-length': json.length }) };
}

/** Typed contents, one element after another or packed. */
function typed(type: Exclude<ServedType, 'float16'>, element: Buffer, { raw = false } = {}): Sent {
  const { field, kind } = TYPED_CONTENTS[type];
  const each =
    kind === 'text' && !raw ? Buffer.concat([Buffer.from([8 * field + 2, element.length]), element]) : element;
  const rows = Math.floor(BYTES / each.length / COLUMNS);
  const data = Buffer.concat(Array.from({ length: rows * COLUMNS }, () => each));
  const contents = kind === 'text' ? data : new WireWriter().span(field, data).finish();
  const tensor = new WireWriter().text(1, 'x').text(2, DATATYPES[type].name).packed(3, [rows, COLUMNS]);
  if (!raw) tensor.span(5, contents);
  const message = new WireWriter().text(1, 'model').span(5, tensor.finish());
  if (raw) message.span(7, data);
  return { type, grpc: prefixed(message.finish()) };
}

function predict(type: ServedType, text: string): Sent {
  const request = rawRequest(text).toString('latin1').replace('/v2/models/model/infer', '/predict');
  return { type, http: Buffer.from(request, 'latin1') };
}

const text = (letters: string): Buffer => {
  const bytes = Buffer.from(letters);
  return Buffer.concat([Buffer.from([bytes.length, 0, 0, 0]), bytes]);
};

const KINDS: Readonly<Record<string, () => Sent>> = {
  FP32: () => input('float', '0.12345678'),
  'FP32, data first': () => input('float', '0.12345678', { isLate: true }),
  'FP32, nested': () => input('float', '0.12345678', { nested: true }),
  'FP32, gzip': () => input('float', '0.12345678', { gzip: true }),
  FP64: () => input('double', '0.1234567890123456'),
  FP16: () => input('float16', '0.5'),
  INT64: () => input('int64', '7'),
  'INT64, gzip': () => input('int64', '7', { gzip: true }),
  'INT64, nested': () => input('int64', '7', { nested: true }),
  'INT64, data first': () => input('int64', '7', { isLate: true }),
  'INT64, wide': () => input('int64', '9007199254740993'),
  'INT64, in quotes': () => input('int64', '"7"'),
  'INT64, too many': () => input('int64', '7', { extra: 1000000 }),
  INT32: () => input('int32', '12345'),
  UINT8: () => input('uint8', '255'),
  'UINT8, one digit': () => input('uint8', '1'),
  BOOL: () => input('bool', 'true'),
  'BOOL, digits': () => input('bool', '1'),
  BYTES: () => input('string', '"a"'),
  'BYTES, words': () => input('string', '"hello world"'),
  'BYTES, escaped': () => input('string', '"\\u00e9"'),
  'BYTES, accents': () => input('string', '"é"'),
  'BYTES, long': () => input('string', `"${'a'.repeat(5000)}"`),
  'unknown member': () => whole('int64', `{"more":[${repeated('7').text}],"inputs":[]}`),
  'unknown members': () => whole('int64', `{${repeated('"a":7').text},"inputs":[]}`),
  'unknown depth': () => whole('int64', `{"more":[${repeated('[[[[]]]]').text}],"inputs":[]}`),
  parameter: () => whole('int64', `{"parameters":{"more":[${repeated('7').text}]},"inputs":[]}`),
  'white space': () => whole('int64', `{${' '.repeat(BYTES)}"inputs":[]}`),
  'long number': () =>
    whole('int64', `{"inputs":[{"name":"x","datatype":"INT64","shape":[1,1],"data":[${'1'.repeat(BYTES)}]}]}`),
  'long fraction': () =>
    whole('float', `{"inputs":[{"shape":[1,1],"name":"x","datatype":"FP32","data":[0.${'1'.repeat(BYTES)}]}]}`),
  'long string': () =>
    whole('string', `{"inputs":[{"name":"x","datatype":"BYTES","shape":[1,1],"data":["${'a'.repeat(BYTES)}"]}]}`),
  'long word': () =>
    whole('string', `{"inputs":[{"name":"x","datatype":"BYTES","shape":[1,1],"data":[${'a'.repeat(BYTES)}]}]}`),
  outputs: () => whole('int64', `{"outputs":[${repeated('{"name":"y"}').text}],"inputs":[]}`),
  'rows of INT64': () => predict('int64', `[${repeated('{"x":[1,2,3,4]}', { bytes: 100000 * 16 }).text}]`),
  'rows of FP32': () =>
    predict(
      'float',
      `[${repeated(`{"x":[${Array.from({ length: 20 }, () => '0.123456789').join(',')}]}`, { bytes: 100000 * 248 }).text}]`,
    ),
  'rows of BYTES': () => predict('string', `[${repeated('{"x":["a","b","c","d"]}', { bytes: 100000 * 24 }).text}]`),
  'row of INT64': () => predict('int64', `{"x":[${repeated('7').text}]}`),
  'row of BYTES': () => predict('string', `{"x":[${repeated('"a"').text}]}`),
  'rows, nested': () => predict('float', `[{"x":[${repeated('1', { nested: true }).text}]}]`),
  'binary FP32': () => binary('float', Buffer.alloc(4)),
  'binary BOOL': () => binary('bool', Buffer.alloc(1)),
  'binary BYTES': () => binary('string', text('a')),
  'binary BYTES, words': () => binary('string', text('hello world')),
  'gRPC FP32, raw': () => typed('float', Buffer.alloc(4), { raw: true }),
  'gRPC BYTES, raw': () => typed('string', text('a'), { raw: true }),
  'gRPC BOOL, raw': () => typed('bool', Buffer.alloc(1), { raw: true }),
  'gRPC FP32': () => typed('float', Buffer.alloc(4)),
  'gRPC INT64': () => typed('int64', Buffer.from([7])),
  'gRPC INT64, wide': () => typed('int64', Buffer.from([255, 255, 255, 255, 255, 255, 255, 255, 127])),
  'gRPC INT32': () => typed('int32', Buffer.from([7])),
  'gRPC UINT8': () => typed('uint8', Buffer.from([255, 1])),
  'gRPC BOOL': () => typed('bool', Buffer.from([1])),
  'gRPC BYTES': () => typed('string', Buffer.from('a')),
  'gRPC unknown': () => ({ type: 'int64', grpc: prefixed(Buffer.alloc(BYTES, Buffer.from([8 * 9, 1]))) }),
  'gRPC outputs': () => ({
    type: 'int64',
    grpc: prefixed(Buffer.alloc(BYTES, Buffer.from([8 * 6 + 2, 3, 10, 1, 121]))),
  }),
};

for (const [name, make] of Object.entries(KINDS)) {
  if (
    only !== undefined &&
    !only.some((words) => name === words || (words.endsWith('*') && name.startsWith(words.slice(0, -1))))
  )
    continue;
  const sent = make();
  const server = await startServer({
    fixture: `identity-${sent.type}`,
    plan: makePlan({
      inputs: [['x', sent.type as TensorSignature['elementType'], ['rows', 'columns']]],
      outputs: [['y', sent.type as TensorSignature['elementType'], ['rows', 'columns']]],
      bodyBytes: DEFAULT_MAX_BODY_BYTES,
      maxSize: 4096,
    }),
  });
  execFileSync('taskset', ['-apc', '0', `${server.process.pid}`], { stdio: 'ignore' });
  const found: Watched[] = [];
  for (let time = 0; time < times; time++) found.push(await watchOne(server, sent));
  server.process.kill('SIGKILL');
  await server.exit;
  const worst = found.reduce((most, one) => (one.longest > most.longest ? one : most));
  console.log(
    `${name.padEnd(22)} health ${found
      .map(({ longest }) => longest.toFixed(0))
      .join(', ')
      .padStart(14)} ms at the longest, p99 ${worst.p99.toFixed(0)} ms; ` +
      `answered with ${worst.status} after ${found.map(({ ms }) => ms.toFixed(0)).join(', ')} ms; ${found.at(-1)?.mostMib} MiB at the most`,
  );
}

interface Watched {
  readonly longest: number;
  readonly p99: number;
  readonly status: number;
  readonly ms: number;
  readonly mostMib: number;
}

async function watchOne(server: RunningServer, sent: Sent): Promise<Watched> {
  const health = await RawConnection.open(server.port());
  const waits = new Times();
  let isOver = false;
  const watching = (async () => {
    while (!isOver) {
      waits.add((await health.ask(rawGet('/v2/health/live'))).milliseconds);
      await sleep(PAUSE_MS);
    }
  })();
  await sleep(50);
  const begun = performance.now();
  const status = await send(server, sent);
  const ms = performance.now() - begun;
  await sleep(100);
  isOver = true;
  await watching;
  health.close();
  const { longest, p99 } = waits.summary;
  return { longest, p99, status, ms, mostMib: mostMib(server) };
}

async function send(server: RunningServer, { http, grpc }: Sent): Promise<number> {
  if (http) {
    const connection = await RawConnection.open(server.port());
    const { status, body } = await connection.ask(http);
    if (argument('tell')) console.log(body.toString('latin1', 0, 300));
    connection.close();
    return status;
  }
  const connection = await RawGrpcConnection.open(server.grpcPort(), INFER);
  const { status } = await connection.call(INFER, grpc as Buffer);
  connection.close();
  return status;
}

function mostMib({ process }: RunningServer): number {
  const kilobytes = /^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${process.pid}/status`, 'utf8'))?.[1];
  return Math.round(Number(kilobytes) / 1024);
}
