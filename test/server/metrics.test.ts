import assert from 'node:assert/strict';
import { Counter, Gauge, Histogram } from '../../templates/server/observe/instruments.ts';
import { makePlan, TWO_BY_TWO } from './plans.ts';
import { ask, infer, type RunningServer, useServers } from './running-server.ts';

describe('Instruments', () => {
  it('are written as Prometheus reads them', () => {
    const counter = new Counter({ name: 'c_total', help: 'Counts.', labels: ['a', 'b'] });
    counter.count('x', 'say "hi"\\');
    counter.cell('x', 'say "hi"\\').value += 2;
    assert.equal(
      counter.render(),
      '# HELP c_total Counts.\n# TYPE c_total counter\nc_total{a="x",b="say \\"hi\\"\\\\"} 3\n',
    );
    const histogram = new Histogram({ name: 'h', help: 'Sizes.', bounds: [1, 2] });
    for (const value of [0.5, 1, 1.5, 7]) histogram.observe(value);
    assert.equal(
      histogram.render(),
      '# HELP h Sizes.\n# TYPE h histogram\nh_bucket{le="1"} 2\nh_bucket{le="2"} 3\nh_bucket{le="+Inf"} 4\nh_sum 10\nh_count 4\n',
    );
    assert.equal(
      new Gauge({ name: 'g', help: 'G.' }, () => Number.POSITIVE_INFINITY).render().split('\n')[2],
      'g +Inf',
    );
    assert.equal(new Gauge({ name: 'g', help: 'G.' }, () => null).render(), '');
  });
});

describe('The metrics of the server', () => {
  const start = useServers();
  let server: RunningServer;
  before(async () => {
    server = await start({ fixture: 'two-by-two', plan: makePlan({ ...TWO_BY_TWO, maxSize: 8 }) });
  });

  /** Values by name and labels. */
  const read = async (): Promise<Map<string, number>> => {
    const { text, headers } = await ask(server, '/metrics');
    assert.match(headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/);
    const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    for (const line of lines) assert.match(line, /^[a-z_][a-z0-9_]*(\{[^}]*\})? \S+$/);
    return new Map(
      lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
    );
  };

  it('count requests by outcome, rows by run, and answers by status', async () => {
    const port = (name: string, rows: number) => ({
      name,
      datatype: 'FP32',
      shape: [rows, 3],
      data: Array(3 * rows).fill(1),
    });
    const body = (rows: number) => JSON.stringify({ inputs: [port('a', rows), port('b', rows)] });
    for (const rows of [1, 8, 20]) assert.equal((await infer(server, body(rows))).status, 200);
    assert.equal((await infer(server, '{')).status, 400);
    const metrics = await read();
    assert.equal(metrics.get('plimsoll_inference_requests_total{outcome="ok",reason=""}'), 3);
    assert.equal(metrics.get('http_requests_total{method="POST",code="200"}'), 3);
    assert.equal(metrics.get('http_requests_total{method="POST",code="400"}'), 1);
    assert.equal(metrics.get('plimsoll_batch_rows_sum'), 29);
    assert.ok((metrics.get('plimsoll_batch_rows_count') ?? 0) >= 5);
    assert.equal(metrics.get('plimsoll_queue_duration_seconds_count'), 3);
    assert.equal(metrics.get('plimsoll_inference_duration_seconds_count'), 3);
    assert.equal(metrics.get('plimsoll_ready'), 1);
    assert.equal(metrics.get('plimsoll_waiting_requests'), 0);
    assert.equal(metrics.get('plimsoll_admitted_bytes'), 0);
    assert.ok((metrics.get('process_resident_memory_bytes') ?? 0) > 2 ** 24);
    assert.ok(metrics.has('nodejs_eventloop_lag_p99_seconds'));
  });
});
