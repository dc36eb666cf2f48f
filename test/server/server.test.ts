import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { type AddressInfo, connect, createServer } from 'node:net';
import { identity, makePlan, type PlanFacts, SLOW, slowBody, TWO_BY_TWO } from './plans.ts';
import { ask, infer, type RunningServer, readyLine, runCommand, useServers } from './running-server.ts';

const VERSION = '0123456789ab';
const BODY =
  '{"id":"7","inputs":[{"name":"a","shape":[1,3],"datatype":"FP32","data":[1,2,3]},{"name":"b","shape":[1,3],"datatype":"FP32","data":[4,5,6]}]}';

describe('the server', () => {
  const startOne = useServers();
  const start = (fixture: string, facts: PlanFacts, environment: Record<string, string> = {}): Promise<RunningServer> =>
    startOne({ fixture, plan: makePlan(facts), environment });

  describe('with a model of two inputs and two outputs', () => {
    let server: RunningServer;
    before(async () => {
      server = await start('two-by-two', { ...TWO_BY_TWO, bodyBytes: 10_000 });
    });

    it('says in one line that it is ready, and where', () => {
      const { event, model, warmUp, readyMs } = readyLine(server.output.stdout);
      assert.deepEqual([event, model, warmUp], ['ready', 'model', 'done']);
      assert.ok(readyMs > 0);
      assert.equal(server.output.stderr, '');
    });

    it('answers inference with all outputs and the id', async () => {
      for (const path of [
        '/v2/models/model/infer',
        `/v2/models/model/versions/${VERSION}/infer`,
        '/v2/models/model/infer/?x=1',
      ]) {
        const reply = await ask(server, path, {
          method: 'POST',
          body: BODY,
          headers: { 'content-type': 'application/json' },
        });
        assert.equal(reply.status, 200, reply.text);
        assert.equal(reply.headers.get('content-type'), 'application/json');
        assert.deepEqual(JSON.parse(reply.text), {
          model_name: 'model',
          model_version: VERSION,
          id: '7',
          outputs: [
            { name: 'sum', datatype: 'FP32', shape: [1, 3], data: [5, 7, 9] },
            { name: 'product', datatype: 'FP32', shape: [1, 3], data: [4, 10, 18] },
          ],
        });
      }
    });

    it('answers with the outputs that were asked for, in that order', async () => {
      const reply = await infer(
        server,
        BODY.replace('{', '{"outputs":[{"name":"product","parameters":{"binary_data":false}},{"name":"sum"}],'),
      );
      assert.deepEqual(
        JSON.parse(reply.text).outputs.map((output: { name: string }) => output.name),
        ['product', 'sum'],
      );
    });

    it('takes a batch of none', async () => {
      const reply = await infer(server, BODY.replaceAll('[1,3]', '[0,3]').replace(/"data":\[[^\]]*\]/g, '"data":[]'));
      assert.deepEqual(JSON.parse(reply.text).outputs[0], { name: 'sum', datatype: 'FP32', shape: [0, 3], data: [] });
    });

    it('tells about itself and its model', async () => {
      const metadata = JSON.parse((await ask(server, '/v2')).text);
      assert.equal(metadata.name, 'plimsoll');
      assert.match(metadata.version, /^\d+\.\d+\.\d+/);
      const port = (name: string) => ({ name, datatype: 'FP32', shape: [-1, 3] });
      for (const path of ['/v2/models/model', `/v2/models/model/versions/${VERSION}`]) {
        assert.deepEqual(JSON.parse((await ask(server, path)).text), {
          name: 'model',
          versions: [VERSION],
          platform: 'onnxruntime_onnx',
          inputs: [port('a'), port('b')],
          outputs: [port('sum'), port('product')],
        });
      }
    });

    it('lists itself as the one model of a repository', async () => {
      const reply = await ask(server, '/v2/repository/index', { method: 'POST' });
      assert.deepEqual(JSON.parse(reply.text), [{ name: 'model', version: VERSION, state: 'READY', reason: '' }]);
    });

    it('is live and ready on both levels', async () => {
      const modelReady = { name: 'model', ready: true };
      for (const [path, body] of [
        ['/v2/health/live', { live: true }],
        ['/v2/health/ready', { ready: true }],
        ['/v2/models/model/ready', modelReady],
        [`/v2/models/model/versions/${VERSION}/ready`, modelReady],
      ] as const) {
        const reply = await ask(server, path);
        assert.equal(reply.status, 200, path);
        assert.deepEqual(JSON.parse(reply.text), body);
        assert.equal((await ask(server, path, { method: 'HEAD' })).status, 200, path);
      }
      assert.equal(await runCommand(server, ['--health']), 0);
    });

    const refusals: readonly (readonly [
      title: string,
      path: string,
      init: RequestInit,
      status: number,
      message: RegExp,
    ])[] = [
      ['an unknown place', '/x', {}, 404, /nothing at \/x; served: GET \/v2, .*POST \/v2\/models\/model\/infer/],
      [
        'an unknown model',
        '/v2/models/other/infer',
        { method: 'POST', body: BODY },
        404,
        /unknown model "other"; served: /,
      ],
      ['an unknown version', '/v2/models/model/versions/9', {}, 404, /unknown version "9" of model "model"/],
      ['an unknown path', '/v2/models/model/explain', {}, 404, /nothing at \/v2\/models\/model\/explain/],
      ['loading a model', '/v2/repository/models/model/load', { method: 'POST' }, 501, /nothing of it changes/],
      ['shared memory', '/v2/systemsharedmemory/status', {}, 501, /shared memory is not served/],
      ['statistics', '/v2/models/stats', {}, 501, /metrics here/],
      ['a configuration', '/v2/models/model/config', {}, 501, /no Triton configuration/],
      ['a path that is not decodable', '/v2/%ff', {}, 404, /nothing at/],
      ['GET for inference', '/v2/models/model/infer', {}, 405, /GET is not served here; wanted POST/],
      ['POST for metadata', '/v2', { method: 'POST', body: '{}' }, 405, /wanted GET, HEAD/],
      [
        'a form',
        '/v2/models/model/infer',
        { method: 'POST', body: BODY, headers: { 'content-type': 'application/x-www-form-urlencoded' } },
        415,
        /wanted application\/json/,
      ],
      ['an empty body', '/v2/models/model/infer', { method: 'POST' }, 400, /the body is empty/],
      [
        'broken JSON',
        '/v2/models/model/infer',
        { method: 'POST', body: Buffer.from('{"inputs":[') },
        400,
        /bad JSON|wanted/,
      ],
      [
        'a body over the limit',
        '/v2/models/model/infer',
        { method: 'POST', body: Buffer.alloc(10_001) },
        413,
        /larger than the 10000 bytes/,
      ],
    ];
    for (const [title, path, init, status, message] of refusals) {
      it(`refuses ${title} with ${status}`, async () => {
        const reply = await ask(server, path, init);
        assert.equal(reply.status, status, reply.text);
        assert.match(JSON.parse(reply.text).error, message);
        if (status === 405) assert.ok(reply.headers.get('allow'));
      });
    }

    it('takes a body without a content type', async () => {
      const reply = await ask(server, '/v2/models/model/infer', { method: 'POST', body: Buffer.from(BODY) });
      assert.equal(reply.status, 200, reply.text);
    });

    it('answers pipelined requests in their order', async () => {
      const socket = connect(server.port(), '127.0.0.1');
      const request = (id: number): string => {
        const body = BODY.replace('"id":"7"', `"id":"${id}"`);
        return `POST /v2/models/model/infer HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
      };
      socket.write(
        `${Array.from({ length: 30 }, (_, id) => request(id)).join('')}GET /v2 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`,
      );
      let answers = '';
      for await (const piece of socket) answers += piece;
      const ids = [...answers.matchAll(/"id":"(\d+)"/g)].map((match) => Number(match[1]));
      assert.deepEqual(
        ids,
        Array.from({ length: 30 }, (_, id) => id),
      );
    });

    it('refuses a body over the limit that does not say its length, and goes on serving the connection', async () => {
      const socket = connect(server.port(), '127.0.0.1');
      socket.setEncoding('latin1');
      let answers = '';
      socket.on('data', (text: string) => {
        answers += text;
      });
      const piece = `1000\r\n${' '.repeat(0x1000)}\r\n`;
      socket.write('POST /v2/models/model/infer HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n');
      socket.write(`${piece.repeat(20)}0\r\n\r\nGET /v2/health/live HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`);
      await once(socket, 'close');
      assert.deepEqual(answers.match(/HTTP\/1\.1 \d+/g), ['HTTP/1.1 413', 'HTTP/1.1 200']);
    });

    it('refuses a body over the limit before it is sent, where the client waits for leave', async () => {
      const request = httpRequest({
        port: server.port(),
        method: 'POST',
        path: '/v2/models/model/infer',
        headers: { expect: '100-continue', 'content-length': 20_000, 'content-type': 'application/json' },
      });
      request.flushHeaders();
      request.on('continue', () => assert.fail('it got leave'));
      const [response] = await once(request, 'response');
      assert.equal(response.statusCode, 413);
      request.destroy();
    });

    it('gives leave to a body that fits', async () => {
      const request = httpRequest({
        port: server.port(),
        method: 'POST',
        path: '/v2/models/model/infer',
        headers: { expect: '100-continue', 'content-length': BODY.length },
      });
      request.flushHeaders();
      await once(request, 'continue');
      request.end(BODY);
      const [response] = await once(request, 'response');
      response.resume();
      assert.equal(response.statusCode, 200);
    });

    it('answers bytes that are not HTTP with 400 and closes', async () => {
      const socket = connect(server.port(), '127.0.0.1');
      socket.end('hello\r\n\r\n');
      const [reply] = await once(socket, 'data');
      assert.match(
        String(reply),
        /^HTTP\/1\.1 400 .*connection: close.*\{"error":"the request is not HTTP\/1\.1: .+"\}$/s,
      );
    });

    it('still answers after all that', async () => {
      assert.equal((await infer(server, BODY)).status, 200);
      assert.equal(server.output.stderr, '');
    });
  });

  const types: readonly (readonly [Parameters<typeof identity>[0], string, string])[] = [
    ['float', 'FP32', '0.5,-0.0,NaN,Infinity,-Infinity,0.10000000149011612'],
    ['double', 'FP64', '0.1,-0.0,1e+300,NaN'],
    ['float16', 'FP16', '0.5,-0.0,65504,Infinity'],
    ['int8', 'INT8', '-128,127'],
    ['uint8', 'UINT8', '0,255'],
    ['int16', 'INT16', '-32768,32767'],
    ['uint16', 'UINT16', '0,65535'],
    ['int32', 'INT32', '-2147483648,2147483647'],
    ['uint32', 'UINT32', '0,4294967295'],
    ['int64', 'INT64', '-9223372036854775808,9007199254740993,9223372036854775807'],
    ['uint64', 'UINT64', '0,18446744073709551615'],
    ['bool', 'BOOL', 'true,false'],
    ['string', 'BYTES', '"","a","été","日本語","😀🏽","\\"\\\\\\n"'],
  ];
  for (const [type, datatype, data] of types) {
    it(`carries ${datatype} through the runtime unchanged`, async () => {
      const server = await start(`identity-${type}`, identity(type));
      const count = JSON.parse(`[${data.replace(/-?Infinity|NaN/g, '0')}]`).length;
      const reply = await infer(
        server,
        `{"inputs":[{"name":"x","shape":[1,${count}],"datatype":"${datatype}","data":[${data}]}]}`,
      );
      assert.ok(
        reply.text.endsWith(`"outputs":[{"name":"y","datatype":"${datatype}","shape":[1,${count}],"data":[${data}]}]}`),
        reply.text,
      );
      const empty = await infer(server, `{"inputs":[{"name":"x","shape":[0,4],"datatype":"${datatype}","data":[]}]}`);
      assert.ok(empty.text.endsWith('"shape":[0,4],"data":[]}]}'), empty.text);
    });
  }

  it('takes scalars, shapes of any rank, and leaves out inputs with a default', async () => {
    const rows: readonly (readonly [string, PlanFacts, string, unknown])[] = [
      [
        'scalar',
        { inputs: [['x', 'float', []]], outputs: [['y', 'float', []]] },
        '[],"data":[4]',
        { shape: [], data: [8] },
      ],
      [
        'identity-open-rank',
        { inputs: [['x', 'float', null]], outputs: [['y', 'float', null]] },
        '[1,1,2],"data":[1,2]',
        { shape: [1, 1, 2], data: [1, 2] },
      ],
      [
        'optional',
        {
          inputs: [
            ['x', 'float', ['batch', 2]],
            ['bias', 'float', [2]],
          ],
          outputs: [['y', 'float', ['batch', 2]]],
          optionalInputs: ['bias'],
        },
        '[1,2],"data":[1,2]',
        { shape: [1, 2], data: [11, 22] },
      ],
    ];
    for (const [fixture, facts, input, wanted] of rows) {
      const server = await start(fixture, facts);
      const reply = await infer(server, `{"inputs":[{"name":"x","datatype":"FP32","shape":${input}}]}`);
      assert.deepEqual(JSON.parse(reply.text).outputs, [{ name: 'y', datatype: 'FP32', ...(wanted as object) }]);
    }
  });

  it('gets ready where the made-up warm-up fails, says so, and answers the runtime’s refusals with 400', async () => {
    const facts: PlanFacts = { inputs: [['index', 'int64', ['n']]], outputs: [['y', 'float', ['n']]] };
    const server = await start('gather', facts);
    assert.equal(readyLine(server.output.stdout).warmUp, 'failed');
    assert.match(server.output.stderr, /the warm-up run failed; .*in Gather "": indices element out of data bounds/);
    const gather = (index: number) =>
      infer(server, `{"inputs":[{"name":"index","datatype":"INT64","shape":[1],"data":[${index}]}]}`);
    assert.deepEqual(JSON.parse((await gather(-5)).text).outputs[0].data, [1.5]);
    const refused = await gather(0);
    assert.equal(refused.status, 400);
    assert.match(
      JSON.parse(refused.text).error,
      /^the model refuses these inputs: in Gather "": indices element out of data bounds, idx=5/,
    );
    assert.equal(server.output.stderr.split('\n').length, 2, 'one line for the warm-up, none for the client');
  });

  it('warms up on the plan’s example where there is one', async () => {
    const facts: PlanFacts = { inputs: [['index', 'int64', ['n']]], outputs: [['y', 'float', ['n']]] };
    const inputs = [{ name: 'index', datatype: 'INT64', shape: [2], data: [-5, -4] }];
    const server = await start('gather', { ...facts, example: { inputs } });
    assert.equal(readyLine(server.output.stdout).warmUp, 'done');
  });

  it('gives a short reason without paths where a kernel fails', async () => {
    const facts: PlanFacts = {
      inputs: [
        ['x', 'float', ['n']],
        ['shape', 'int64', ['rank']],
      ],
      outputs: [['y', 'float', null]],
    };
    const server = await start('reshape', facts);
    const reply = await infer(
      server,
      '{"inputs":[{"name":"x","datatype":"FP32","shape":[2],"data":[1,2]},{"name":"shape","datatype":"INT64","shape":[1],"data":[3]}]}',
    );
    assert.equal(reply.status, 400);
    assert.equal(
      JSON.parse(reply.text).error,
      'the model refuses these inputs: in Reshape "": The input tensor cannot be reshaped to the requested shape. Input shape:{2}, requested shape:{3}',
    );
    const huge = await infer(
      server,
      '{"inputs":[{"name":"x","datatype":"FP32","shape":[2],"data":[1,2]},{"name":"shape","datatype":"INT64","shape":[2],"data":[1e18,1e18]}]}',
    );
    assert.equal(huge.status, 400);
    assert.equal(
      JSON.parse(huge.text).error,
      'the model refuses these inputs: in Reshape "": The requested shape has too many elements. Input shape:{2}, requested shape:{1000000000000000000,1000000000000000000}',
    );
  });

  it('answers 503 until the warm-up has run', async () => {
    const inputs = [{ name: 'steps', datatype: 'INT64', shape: [], data: [300_000] }];
    const port = await freePort();
    const starting = startOne({
      fixture: 'slow',
      plan: makePlan({ ...SLOW, example: { inputs } }),
      environment: { PLIMSOLL_HTTP_PORT: String(port) },
    });
    const reply = await retry(() => fetch(`http://127.0.0.1:${port}/v2/health/ready`));
    const server = await starting;
    assert.equal(reply.status, 503);
    assert.match(await reply.text(), /the model is still loading/);
    assert.equal((await ask(server, '/v2/health/ready')).status, 200);
  });

  it('refuses with 429 what finds the queue full, and answers the rest', async () => {
    const server = await start('slow', { ...SLOW, queue: 2 });
    const replies = await Promise.all(Array.from({ length: 12 }, () => infer(server, slowBody(50_000))));
    const statuses = replies.map((reply) => reply.status);
    assert.ok(statuses.includes(200) && statuses.includes(429), String(statuses));
    assert.deepEqual([...new Set(statuses)].sort(), [200, 429]);
    const refused = replies.find((reply) => reply.status === 429);
    assert.equal(refused?.headers.get('retry-after'), '1');
    assert.match(refused?.text ?? '', /too many requests are waiting/);
  });

  it('drops work whose client has gone before it began', async () => {
    const server = await start('slow', SLOW);
    // Leave to send the body shows that the server has taken this connection in before the others come.
    const first = httpRequest({
      port: server.port(),
      method: 'POST',
      path: '/v2/models/model/infer',
      headers: { expect: '100-continue' },
    });
    first.flushHeaders();
    await once(first, 'continue');
    await new Promise<void>((sent) => first.end(slowBody(1_000_000), sent));
    const leaving = Array.from({ length: 20 }, () => {
      const socket = connect(server.port(), '127.0.0.1');
      const body = slowBody(1_000_000_000);
      socket.write(
        `POST /v2/models/model/infer HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
        () => setTimeout(() => socket.resetAndDestroy(), 50),
      );
      return once(socket, 'close');
    });
    await Promise.all([once(first, 'response').then(([response]) => response.resume()), ...leaving]);
    // Each of the twenty would run for the better part of an hour; the first takes seconds, which is ample for them to leave.
    assert.equal((await infer(server, slowBody(1))).status, 200);
  });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function retry<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }
}
