import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Client, credentials, Metadata } from '@grpc/grpc-js';
import { WireWriter } from '../../templates/server/grpc/wire-writer.ts';
import { type Span, SpanExporter } from '../../templates/server/observe/span-exporter.ts';
import { continueTrace, renderTraceparent } from '../../templates/server/observe/trace-context.ts';
import { makePlan, TWO_BY_TWO } from './plans.ts';
import { ask, infer, type RunningServer, useServers } from './running-server.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';
const ROW = '{"name":"NAME","shape":[1,3],"datatype":"FP32","data":[1,2,3]}';
const BODY = `{"inputs":[${ROW.replace('NAME', 'a')},${ROW.replace('NAME', 'b')}]}`;

interface Message {
  readonly headers: Readonly<Record<string, string>>;
  readonly path: string;
  readonly resource: Readonly<Record<string, string>>;
  readonly spans: readonly SentSpan[];
}

interface SentSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly { readonly key: string; readonly value: object }[];
  readonly status: { readonly code?: number };
}

/** A collector that keeps what it is sent, and answers with a status. */
async function startCollector(status = 200): Promise<{ server: Server; url: string; messages: Message[] }> {
  const messages: Message[] = [];
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const piece of request) text += piece;
    const { resource, scopeSpans } = JSON.parse(text).resourceSpans[0];
    const attributes = resource.attributes.map(({ key, value }: { key: string; value: { stringValue: string } }) => [
      key,
      value.stringValue,
    ]);
    messages.push({
      headers: request.headers as Record<string, string>,
      path: request.url ?? '',
      resource: Object.fromEntries(attributes),
      spans: scopeSpans[0].spans,
    });
    response.writeHead(status).end('{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, messages };
}

describe('Trace context', () => {
  it('goes on with the trace of whoever calls', () => {
    const context = continueTrace(`00-${TRACE}-${PARENT}-01`);
    assert.deepEqual([context.traceId, context.parentSpanId, context.isSampled], [TRACE, PARENT, true]);
    assert.match(renderTraceparent(context), new RegExp(`^00-${TRACE}-(?!${PARENT})[0-9a-f]{16}-01$`));
    assert.equal(continueTrace(`00-${TRACE}-${PARENT}-00`).isSampled, false);
    assert.equal(continueTrace(`cc-${TRACE}-${PARENT}-01-later`).traceId, TRACE, 'of a later version');
  });

  for (const header of [
    undefined,
    '',
    'rubbish',
    `ff-${TRACE}-${PARENT}-01`,
    `00-${TRACE}-${PARENT}-01-more`,
    `00-${'0'.repeat(32)}-${PARENT}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `00-${TRACE.toUpperCase()}-${PARENT}-01`,
  ]) {
    it(`begins a trace where the header is ${JSON.stringify(header)}`, () => {
      const context = continueTrace(header);
      assert.notEqual(context.traceId, TRACE);
      assert.equal(context.parentSpanId, undefined);
    });
  }
});

describe('Traces and the access log', () => {
  const closing: Server[] = [];
  const startOne = useServers();
  const start = (environment: Record<string, string> = {}): Promise<RunningServer> =>
    startOne({ fixture: 'two-by-two', plan: makePlan({ ...TWO_BY_TWO, maxSize: 4 }), environment });
  after(() => {
    for (const server of closing) server.close();
  });

  it('send a request’s spans to the collector, the last ones before the server ends', async () => {
    const { server: collector, url, messages } = await startCollector();
    closing.push(collector);
    const server = await start({
      OTEL_EXPORTER_OTLP_ENDPOINT: `${url}/`,
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20abc, x-tenant=7, x-share=100%',
      OTEL_SERVICE_NAME: 'shop',
    });
    const reply = await infer(server, BODY, { traceparent: `00-${TRACE}-${PARENT}-01` });
    assert.equal((await infer(server, '{')).status, 400);
    server.process.kill('SIGTERM');
    assert.equal(await server.exit, 0);
    const spans = messages.flatMap((message) => message.spans);
    assert.deepEqual(messages[0]?.path, '/v1/traces');
    assert.deepEqual(
      ['authorization', 'x-tenant', 'x-share'].map((name) => messages[0]?.headers[name]),
      ['Bearer abc', '7', '100%'],
    );
    assert.equal(messages[0]?.resource['service.name'], 'shop');
    const [whole, queue, compute] = spans.filter(({ traceId }) => traceId === TRACE);
    assert.deepEqual(
      [whole, queue, compute].map((span) => [span?.name, span?.parentSpanId]),
      [
        ['POST /v2/models/model/infer', PARENT],
        ['queue', whole?.spanId],
        ['compute', whole?.spanId],
      ],
    );
    assert.equal(reply.headers.get('traceparent'), `00-${TRACE}-${whole?.spanId}-01`);
    for (const span of spans) assert.ok(BigInt(span.endTimeUnixNano) >= BigInt(span.startTimeUnixNano));
    assert.ok(BigInt(queue?.startTimeUnixNano ?? 0) >= BigInt(whole?.startTimeUnixNano ?? 0));
    assert.ok(BigInt(compute?.endTimeUnixNano ?? 0) <= BigInt(whole?.endTimeUnixNano ?? 0));
    assert.ok(Math.abs(Number(BigInt(whole?.endTimeUnixNano ?? 0) / 1_000_000n) - Date.now()) < 60_000);
  });

  it('export nothing that the caller does not want traced', async () => {
    const { server: collector, url, messages } = await startCollector();
    closing.push(collector);
    const server = await start({ OTEL_EXPORTER_OTLP_ENDPOINT: url });
    const reply = await infer(server, BODY, { traceparent: `00-${TRACE}-${PARENT}-00` });
    assert.match(reply.headers.get('traceparent') ?? '', new RegExp(`^00-${TRACE}-[0-9a-f]{16}-00$`));
    server.process.kill('SIGTERM');
    await server.exit;
    assert.deepEqual(messages, []);
  });

  it('answer a caller’s trace and no other where nothing is exported', async () => {
    const server = await start();
    assert.equal((await infer(server, BODY)).headers.get('traceparent'), null);
    const reply = await infer(server, BODY, { traceparent: `00-${TRACE}-${PARENT}-01` });
    assert.match(reply.headers.get('traceparent') ?? '', new RegExp(`^00-${TRACE}-`));
  });

  it('write a line for each request when asked to', async () => {
    const server = await start({ PLIMSOLL_ACCESS_LOG: 'json' });
    await infer(server, BODY, { traceparent: `00-${TRACE}-${PARENT}-01` });
    await ask(server, '/v2/health/live?secret=1');
    await infer(server, '{');
    server.process.kill('SIGTERM');
    await server.exit;
    const lines = server.output.stdout
      .trimEnd()
      .split('\n')
      .slice(1)
      .map((line) => JSON.parse(line));
    assert.deepEqual(
      lines.map(({ event, method, path, status, runRows }) => [event, method, path, status, runRows]),
      [
        ['request', 'POST', '/v2/models/model/infer', 200, 1],
        ['request', 'GET', '/v2/health/live', 200, undefined],
        ['request', 'POST', '/v2/models/model/infer', 400, undefined],
      ],
    );
    assert.equal(lines[0].traceId, TRACE);
    assert.ok(lines[0].ms >= lines[0].computeMs && Date.parse(lines[0].time) > 0);
  });

  it('writes such a line for each call over gRPC too', async () => {
    const server = await start({ PLIMSOLL_ACCESS_LOG: 'json' });
    const client = new Client(`127.0.0.1:${server.grpcPort()}`, credentials.createInsecure());
    const metadata = new Metadata();
    metadata.set('traceparent', `00-${TRACE}-${PARENT}-01`);
    const same = (bytes: Buffer): Buffer => bytes;
    for (const [method, message] of [
      ['inference.GRPCInferenceService/ModelInfer', inferMessage()],
      ['inference.GRPCInferenceService/ModelInfer', Buffer.alloc(0)],
    ] as const) {
      await new Promise((done) => {
        client.makeUnaryRequest(`/${method}`, same, same, message, metadata, done);
      });
    }
    client.close();
    server.process.kill('SIGTERM');
    await server.exit;
    const lines = server.output.stdout.trimEnd().split('\n').slice(1);
    assert.deepEqual(
      lines.map((line) => {
        const { event, protocol, path, status, runRows, traceId, client: from } = JSON.parse(line);
        return [event, protocol, path, status, runRows, traceId, from];
      }),
      [
        ['request', 'grpc', '/inference.GRPCInferenceService/ModelInfer', 0, 1, TRACE, '127.0.0.1'],
        ['request', 'grpc', '/inference.GRPCInferenceService/ModelInfer', 5, undefined, TRACE, '127.0.0.1'],
      ],
    );
  });
});

/** A `ModelInferRequest` of a row. */
function inferMessage(): Buffer {
  const floats = new WireWriter().span(6, new Uint8Array(Float32Array.of(1, 2, 3).buffer)).finish();
  const message = new WireWriter().text(1, 'model');
  for (const name of ['a', 'b']) {
    message.span(5, new WireWriter().text(1, name).text(2, 'FP32').packed(3, [1, 3]).span(5, floats).finish());
  }
  return message.finish();
}

describe('The exporter of spans', () => {
  const span: Span = {
    traceId: TRACE,
    spanId: PARENT,
    parentSpanId: undefined,
    name: 'x',
    kind: 'server',
    startMs: 1_700_000_000_000.25,
    endMs: 1_700_000_000_001,
    attributes: { 'http.response.status_code': 500 },
    isError: true,
  };
  const open = (endpoint: string, problems: string[], timeoutMs = 5000) =>
    new SpanExporter({
      endpoint,
      headers: {},
      resource: {},
      version: '1',
      onProblem: (problem) => problems.push(problem),
      timeoutMs,
    });

  it('tells once, and goes on, where the collector refuses or is not there', async () => {
    const { server, url } = await startCollector(503);
    const problems: string[] = [];
    const exporter = open(url, problems);
    for (let index = 0; index < 3; index++) {
      exporter.add(span);
      await exporter.flush();
    }
    server.close();
    assert.equal(problems.length, 1);
    assert.match(problems[0] ?? '', /^1 spans were lost on their way to 127\.0\.0\.1:\d+: it answered 503$/);
    const absent: string[] = [];
    const lost = open('http://127.0.0.1:9', absent);
    lost.add(span);
    await lost.flush();
    assert.match(absent[0] ?? '', /ECONNREFUSED/);
  });

  it('waits no longer than it may for a collector whose answer never ends', async () => {
    const dripping = createServer((_, response) => {
      const drops = setInterval(() => response.write('.'), 20);
      response.on('close', () => clearInterval(drops));
    }).listen(0, '127.0.0.1');
    await once(dripping, 'listening');
    const problems: string[] = [];
    const exporter = open(`http://127.0.0.1:${(dripping.address() as AddressInfo).port}`, problems, 200);
    exporter.add(span);
    await exporter.flush();
    dripping.close();
    assert.match(problems[0] ?? '', /no answer within 200 ms/);
  });

  it('keeps no more than it may while the collector is away', async () => {
    const { server, url, messages } = await startCollector();
    const exporter = open(url, []);
    for (let index = 0; index < 5000; index++) exporter.add(span);
    await exporter.flush();
    server.close();
    const sent = messages.reduce((sum, message) => sum + message.spans.length, 0);
    assert.ok(sent >= 2048 && sent <= 2048 + 512, `${sent}`);
    const [first] = messages[0]?.spans ?? [];
    assert.equal(first?.startTimeUnixNano, '1700000000000250000');
    assert.deepEqual(first?.status, { code: 2 });
  });
});
