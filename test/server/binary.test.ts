import assert from 'node:assert/strict';
import { deflateRawSync, deflateSync, gunzipSync, gzipSync, inflateSync } from 'node:zlib';
import { identity, makePlan, type PlanFacts, TWO_BY_TWO } from './plans.ts';
import { type RunningServer, useServers } from './running-server.ts';

const INFER = '/v2/models/model/infer';

interface BinaryReply {
  readonly status: number;
  readonly headers: Headers;
  readonly json: { error?: string; outputs: { name: string; parameters?: unknown; data?: unknown[] }[] };
  readonly tail: Buffer;
}

describe('binary tensors and compressed bodies over REST', () => {
  const startOne = useServers();
  const start = (fixture: string, facts: PlanFacts): Promise<RunningServer> =>
    startOne({ fixture, plan: makePlan(facts) });

  const post = async (server: RunningServer, body: Buffer, headers: Record<string, string>): Promise<BinaryReply> => {
    const response = await fetch(`http://127.0.0.1:${server.port()}${INFER}`, { method: 'POST', body, headers });
    const bytes = Buffer.from(await response.arrayBuffer());
    const jsonBytes = Number(response.headers.get('inference-header-content-length') ?? bytes.length);
    return {
      status: response.status,
      headers: response.headers,
      json: JSON.parse(bytes.toString('utf8', 0, jsonBytes)),
      tail: bytes.subarray(jsonBytes),
    };
  };
  const send = (server: RunningServer, json: unknown, tail: readonly Buffer[]): Promise<BinaryReply> => {
    const head = Buffer.from(typeof json === 'string' ? json : JSON.stringify(json));
    return post(server, Buffer.concat([head, ...tail]), {
      'content-type': 'application/octet-stream',
      'inference-header-content-length': String(head.length),
    });
  };
  const floats = (...values: number[]): Buffer => Buffer.from(Float32Array.from(values).buffer);
  const input = (name: string, bytes: number, more: object = {}) => ({
    name,
    shape: [1, 3],
    datatype: 'FP32',
    parameters: { binary_data_size: bytes },
    ...more,
  });

  describe('with two inputs and outputs', () => {
    let server: RunningServer;
    before(async () => {
      server = await start('two-by-two', { ...TWO_BY_TWO, bodyBytes: 200_000, bounds: { batch: 10_000 } });
    });

    it('takes inputs in binary form, in JSON, and mixed, whatever their place in the body', async () => {
      for (const id of ['', '1', '12', '123']) {
        const b = { name: 'b', shape: [1, 3], datatype: 'FP32', data: [4, 5, 6] };
        const mixed = await send(server, { id, inputs: [b, input('a', 12)] }, [floats(1, 2, 3)]);
        assert.deepEqual(mixed.json.outputs[0]?.data, [5, 7, 9], mixed.json.error);
        const both = [input('b', 12), input('a', 12)];
        const binary = await send(server, { id, inputs: both }, [floats(4, 5, 6), floats(1, 2, 3)]);
        assert.deepEqual(binary.json.outputs[1]?.data, [4, 10, 18], binary.json.error);
      }
    });

    it('answers in binary form what is asked for so, alone or altogether', async () => {
      const inputs = [input('a', 12), input('b', 12)];
      const tail = [floats(1, 2, 3), floats(4, 5, 6)];
      const all = await send(server, { parameters: { binary_data_output: true }, inputs }, tail);
      assert.equal(all.headers.get('content-type'), 'application/octet-stream');
      assert.deepEqual(all.tail, floats(5, 7, 9, 4, 10, 18));
      assert.deepEqual(all.json.outputs[1]?.parameters, { binary_data_size: 12 });
      const outputs = [{ name: 'product', parameters: { binary_data: false } }, { name: 'sum' }];
      const some = await send(server, { parameters: { binary_data_output: true }, inputs, outputs }, tail);
      assert.deepEqual(some.json.outputs[0]?.data, [4, 10, 18]);
      assert.deepEqual(some.tail, floats(5, 7, 9));
      const one = await send(server, { inputs, outputs: [{ name: 'sum', parameters: { binary_data: true } }] }, tail);
      assert.deepEqual([one.json.outputs.length, one.tail], [1, floats(5, 7, 9)]);
    });

    it('sends back the parameters that steer nothing, digit for digit', async () => {
      const text = `{"parameters":{"trace":"é\\"","n":12345678901234567890,"timeout":5000000,"binary_data_output":false},"inputs":[${JSON.stringify(input('a', 12))},${JSON.stringify(input('b', 12))}]}`;
      const head = Buffer.from(text);
      const response = await fetch(`http://127.0.0.1:${server.port()}${INFER}`, {
        method: 'POST',
        body: Buffer.concat([head, floats(1, 2, 3, 4, 5, 6)]),
        headers: { 'inference-header-content-length': `${head.length}` },
      });
      assert.match(await response.text(), /"parameters":\{"trace":"é\\"","n":12345678901234567890\}/);
    });

    const a = input('a', 12);
    const b = input('b', 12);
    const refusals: readonly (readonly [string, object | string, readonly Buffer[], RegExp])[] = [
      ['too few bytes', { inputs: [a, b] }, [floats(1, 2, 3)], /"b": binary_data_size is 12, and the body has 0/],
      ['bytes left over', { inputs: [a, b] }, [floats(1, 2, 3, 4, 5, 6, 7)], /4 bytes after the last binary tensor/],
      [
        'a size that its shape does not have',
        { inputs: [input('a', 8), b] },
        [floats(1, 2)],
        /wants 12 bytes, found 8/,
      ],
      ['data both ways', { inputs: [{ ...a, data: [1, 2, 3] }, b] }, [], /"data" as well as binary_data_size/],
      ['a size that is none', { inputs: [input('a', -1), b] }, [], /"binary_data_size" of input "a" .*whole number/],
      [
        'shared memory',
        { inputs: [input('a', 0, { parameters: { shared_memory_region: 'x' } })] },
        [],
        /shared memory is not served/,
      ],
      [
        'classification',
        { inputs: [a, b], outputs: [{ name: 'sum', parameters: { classification: 2 } }] },
        [floats(1, 2, 3, 4, 5, 6)],
        /classification extension is not served/,
      ],
    ];
    for (const [title, json, tail, message] of refusals) {
      it(`refuses ${title}`, async () => {
        const reply = await send(server, json, tail);
        assert.equal(reply.status, 400);
        assert.match(reply.json.error ?? '', message);
      });
    }

    it('refuses a binary size without the header, and a header that is none or points past the body', async () => {
      const body = Buffer.from(JSON.stringify({ inputs: [a, b] }));
      for (const [value, message] of [
        [undefined, /wanted the header Inference-Header-Content-Length/],
        ['x', /Inference-Header-Content-Length is "x"/],
        ['100000', /is 100000, and the body has/],
        ['-1', /is "-1"/],
      ] as const) {
        const headers: Record<string, string> = value === undefined ? {} : { 'inference-header-content-length': value };
        const reply = await post(server, body, headers);
        assert.equal(reply.status, 400);
        assert.match(reply.json.error ?? '', message);
      }
    });

    it('reads large tensors, compressed or not', async () => {
      const rows = 4000;
      const data = Float32Array.from({ length: rows * 3 }, (_, index) => index % 7);
      const tensor = (name: string) => ({ ...input(name, data.byteLength), shape: [rows, 3] });
      const head = Buffer.from(
        JSON.stringify({ parameters: { binary_data_output: true }, inputs: [tensor('a'), tensor('b')] }),
      );
      const bytes = Buffer.from(data.buffer);
      const body = Buffer.concat([head, bytes, bytes]);
      const header = { 'inference-header-content-length': String(head.length) };
      for (const [coding, packed] of [
        [undefined, body],
        ['gzip', gzipSync(body)],
        ['x-gzip', gzipSync(body)],
        ['deflate', deflateSync(body)],
        ['deflate', deflateRawSync(body)],
      ] as const) {
        const reply = await post(server, packed, { ...header, ...(coding && { 'content-encoding': coding }) });
        assert.equal(reply.status, 200, reply.json.error);
        const sums = new Float32Array(new Uint8Array(reply.tail.subarray(0, data.byteLength)).buffer);
        assert.deepEqual(
          sums,
          data.map((value) => value * 2),
        );
      }
    });

    it('compresses large answers as the client accepts it, and small ones never', async () => {
      const body = (rows: number): string => {
        const tensor = (name: string) => ({ name, shape: [rows, 3], datatype: 'FP32', data: Array(rows * 3).fill(1) });
        return JSON.stringify({ inputs: [tensor('a'), tensor('b')] });
      };
      for (const [accept, unpack] of [
        ['gzip', gunzipSync],
        ['deflate', inflateSync],
        ['br, gzip;q=0.5, deflate;q=0.9', inflateSync],
        ['identity', undefined],
        ['gzip;q=0', undefined],
      ] as const) {
        const { request } = await import('node:http');
        const bytes = await new Promise<Buffer>((resolve, reject) => {
          const call = request(
            { port: server.port(), path: INFER, method: 'POST', headers: { 'accept-encoding': accept } },
            (response) => {
              const pieces: Buffer[] = [];
              response.on('data', (piece: Buffer) => pieces.push(piece));
              response.on('end', () => resolve(Buffer.concat(pieces)));
              assert.equal(response.headers['content-encoding'] !== undefined, unpack !== undefined);
            },
          );
          call.on('error', reject);
          call.end(body(2000));
        });
        assert.equal(JSON.parse(String(unpack ? unpack(bytes) : bytes)).outputs[0].data.length, 6000);
      }
      const small = await fetch(`http://127.0.0.1:${server.port()}${INFER}`, { method: 'POST', body: body(1) });
      assert.equal(small.headers.get('content-encoding'), null);
    });

    it('tells caches what an answer to keep depends on, compressed or not', async () => {
      const vary = async (path: string, coding: string): Promise<string | null> => {
        const headers = { 'accept-encoding': coding };
        return (await fetch(`http://127.0.0.1:${server.port()}${path}`, { headers })).headers.get('vary');
      };
      for (const coding of ['gzip', 'identity']) {
        assert.equal(await vary('/', coding), 'accept-encoding');
        assert.equal(await vary('/v2', coding), null);
      }
    });

    it('refuses a body that inflates beyond the limit, that is not what it says, or is packed in another way', async () => {
      for (const [coding, body, status, message] of [
        ['gzip', gzipSync(Buffer.alloc(50_000_000)), 413, /inflates to more than the 200000 bytes/],
        ['gzip', Buffer.from('hello'), 400, /not gzip, as its content-encoding says/],
        ['deflate', Buffer.from('hello'), 400, /not deflate/],
        ['gzip', gzipSync('{}').subarray(0, 12), 400, /not gzip/],
        ['br', Buffer.from('{}'), 415, /content-encoding is "br"; wanted gzip, deflate/],
      ] as const) {
        const reply = await post(server, body, { 'content-encoding': coding });
        assert.equal(reply.status, status);
        assert.match(reply.json.error ?? '', message);
      }
    });
  });

  const texts = (...values: string[]): Buffer =>
    Buffer.concat(
      values.map((text) =>
        Buffer.concat([Buffer.from(Uint32Array.of(Buffer.byteLength(text)).buffer), Buffer.from(text)]),
      ),
    );
  const types: readonly (readonly [Parameters<typeof identity>[0], string, Buffer, number])[] = [
    ['float', 'FP32', floats(0.5, -0, Number.NaN, Number.POSITIVE_INFINITY), 4],
    ['double', 'FP64', Buffer.from(Float64Array.of(0.1, -0, 1e300).buffer), 3],
    ['float16', 'FP16', Buffer.from(Uint16Array.of(0x3c00, 0x7c00, 0x7e00, 1).buffer), 4],
    ['int8', 'INT8', Buffer.from([0x80, 0x7f, 1]), 3],
    ['uint8', 'UINT8', Buffer.from([0, 255]), 2],
    ['int16', 'INT16', Buffer.from(Int16Array.of(-32768, 32767).buffer), 2],
    ['uint16', 'UINT16', Buffer.from(Uint16Array.of(0, 65535).buffer), 2],
    ['int32', 'INT32', Buffer.from(Int32Array.of(-(2 ** 31), 2 ** 31 - 1).buffer), 2],
    ['uint32', 'UINT32', Buffer.from(Uint32Array.of(0, 2 ** 32 - 1).buffer), 2],
    ['int64', 'INT64', Buffer.from(BigInt64Array.of(-(2n ** 63n), 2n ** 63n - 1n).buffer), 2],
    ['uint64', 'UINT64', Buffer.from(BigUint64Array.of(0n, 2n ** 64n - 1n).buffer), 2],
    ['bool', 'BOOL', Buffer.from([1, 0]), 2],
    ['string', 'BYTES', texts('', 'a', 'été', '日本語', '😀🏽'), 5],
  ];
  for (const [type, datatype, bytes, count] of types) {
    it(`carries ${datatype} there and back, byte for byte, and an empty one`, async () => {
      const server = await start(`identity-${type}`, identity(type));
      const ask = (shape: number[], data: Buffer) =>
        send(
          server,
          {
            parameters: { binary_data_output: true },
            inputs: [{ name: 'x', shape, datatype, parameters: { binary_data_size: data.length } }],
          },
          [data],
        );
      const reply = await ask([1, count], bytes);
      assert.equal(reply.status, 200, reply.json.error);
      assert.deepEqual(reply.tail, bytes);
      assert.deepEqual((await ask([0, 4], Buffer.alloc(0))).tail, Buffer.alloc(0));
    });
  }

  it('refuses text that the runtime would change, and lengths that lie', async () => {
    const server = await start('identity-string', identity('string'));
    for (const [data, shape, message] of [
      [texts('a\0b'), [1, 1], /element 0: wanted text without U\+0000/],
      [Buffer.from([1, 0, 0, 0, 0xff]), [1, 1], /element 0: wanted text in UTF-8/],
      [Buffer.from([255, 255, 255, 255, 65]), [1, 1], /4 bytes of length and 4294967295 of text, found 5 bytes left/],
      [texts('a'), [1, 2], /wants at least 8 bytes, found 5/],
      [texts('abcdef'), [1, 2], /element 1: wanted 4 bytes of length/],
      [texts('a', 'b'), [1, 1], /wants 5 bytes, found 10/],
      [texts('x'.repeat(2 ** 20 - 100)), [1, 1], undefined],
      [Buffer.alloc(0), [4294967295, 4294967295], /wants at least \d+ bytes, found 0/],
    ] as const) {
      const inputs = [{ name: 'x', shape, datatype: 'BYTES', parameters: { binary_data_size: data.length } }];
      const reply = await send(server, { inputs }, [data]);
      if (message === undefined) continue;
      assert.equal(reply.status, 400);
      assert.match(reply.json.error ?? '', message);
    }
    const bool = await start('identity-bool', identity('bool'));
    const inputs = [{ name: 'x', shape: [1, 2], datatype: 'BOOL', parameters: { binary_data_size: 2 } }];
    assert.match(
      (await send(bool, { inputs }, [Buffer.from([1, 2])])).json.error ?? '',
      /element 1: wanted a byte of 0 or 1/,
    );
  });

  it('takes a body of bytes alone where the shape follows from their number', async () => {
    const server = await start('two-by-two', TWO_BY_TWO);
    const refused = await post(server, floats(1, 2, 3), { 'inference-header-content-length': '0' });
    assert.match(refused.json.error ?? '', /for models with one input; this one has 2/);
    const fixed = await start('fixed', { inputs: [['x', 'float', ['n', 3]]], outputs: [['y', 'float', ['n', 3]]] });
    const reply = await post(fixed, floats(1, 2, 3, 4, 5, 6), { 'inference-header-content-length': '0' });
    assert.deepEqual(reply.tail, floats(-1, -2, -3, -4, -5, -6), reply.json.error);
    const odd = await post(fixed, floats(1, 2), { 'inference-header-content-length': '0' });
    assert.match(odd.json.error ?? '', /wants 0 bytes, found 8/);
  });
});
