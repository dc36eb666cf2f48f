import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectHttp2, constants } from 'node:http2';
import { connect } from 'node:net';
import { gunzipSync, gzipSync } from 'node:zlib';
import * as grpc from '@grpc/grpc-js';
import protobuf from 'protobufjs';
import { INFERENCE_PROTO } from '../../templates/server/grpc/inference-proto.ts';
import { HEALTH_PROTO, reflectionProto } from '../../templates/server/grpc/standard-protos.ts';
import { identity, makePlan, type PlanFacts, SLOW, TWO_BY_TWO } from './plans.ts';
import { ask, type RunningServer, useServers } from './running-server.ts';

const VERSION = '0123456789ab';

/** A message of any type, as an object. */
type Reply = ReturnType<protobuf.Type['toObject']>;

/** A client made from the `.proto` texts by other people's code. */
class TestClient {
  readonly #root = new protobuf.Root();
  readonly #client: grpc.Client;

  constructor(server: RunningServer, options: grpc.ClientOptions = {}) {
    for (const text of [INFERENCE_PROTO, HEALTH_PROTO, reflectionProto('v1'), reflectionProto('v1alpha')]) {
      protobuf.parse(text, this.#root, { keepCase: true });
    }
    this.#client = new grpc.Client(`127.0.0.1:${server.grpcPort()}`, grpc.credentials.createInsecure(), options);
  }

  call(path: string, request: object, options: grpc.CallOptions = {}): Promise<Reply> {
    const { encode, decode } = this.codec(path);
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest(path, encode, decode, request, new grpc.Metadata(), options, (error, reply) =>
        error ? reject(error) : resolve(reply as Reply),
      );
    });
  }

  cancellable(path: string, request: object): { cancel: () => void; done: Promise<Reply> } {
    const { encode, decode } = this.codec(path);
    let cancel = (): void => {};
    const done = new Promise<Reply>((resolve, reject) => {
      const call = this.#client.makeUnaryRequest(path, encode, decode, request, (error, reply) =>
        error ? reject(error) : resolve(reply as Reply),
      );
      cancel = () => call.cancel();
    });
    return { cancel, done };
  }

  watch(path: string, request: object): grpc.ClientReadableStream<Reply> {
    const { encode, decode } = this.codec(path);
    return this.#client.makeServerStreamRequest(path, encode, decode, request);
  }

  stream(path: string): grpc.ClientDuplexStream<object, Reply> {
    const { encode, decode } = this.codec(path);
    return this.#client.makeBidiStreamRequest(path, encode, decode);
  }

  close(): void {
    this.#client.close();
  }

  codec(path: string) {
    const [service = '', method = ''] = path.slice(1).split('/');
    const found = this.#root.lookupService(service).methods[method];
    assert.ok(found, path);
    found.resolve();
    const input = found.resolvedRequestType as protobuf.Type;
    const output = found.resolvedResponseType as protobuf.Type;
    return {
      encode: (value: object) => Buffer.from(input.encode(input.fromObject(value)).finish()),
      decode: (bytes: Buffer) => output.toObject(output.decode(bytes), { longs: String, enums: String, arrays: true }),
    };
  }
}

const METHOD = '/inference.GRPCInferenceService/';
const floats = (...values: number[]): Buffer => Buffer.from(Float32Array.from(values).buffer);
const input = (name: string, values?: number[]) => ({
  name,
  datatype: 'FP32',
  shape: [1, 3],
  ...(values && { contents: { fp32_contents: values } }),
});
const TYPED = { model_name: 'model', id: '7', inputs: [input('a', [1, 2, 3]), input('b', [4, 5, 6])] };
const RAW = {
  model_name: 'model',
  inputs: [input('a'), input('b')],
  raw_input_contents: [floats(1, 2, 3), floats(4, 5, 6)],
};

describe('gRPC', () => {
  const clients: TestClient[] = [];
  const startOne = useServers();
  const start = (fixture: string, facts: PlanFacts, environment = {}): Promise<RunningServer> =>
    startOne({ fixture, plan: makePlan(facts), environment });
  const clientOf = (server: RunningServer, options?: grpc.ClientOptions): TestClient => {
    const client = new TestClient(server, options);
    clients.push(client);
    return client;
  };
  after(() => {
    for (const client of clients) client.close();
  });

  describe('with a model of two inputs and two outputs', () => {
    let server: RunningServer;
    let client: TestClient;
    before(async () => {
      server = await start('two-by-two', { ...TWO_BY_TWO, bodyBytes: 100_000, bounds: { batch: 5000 } });
      client = clientOf(server);
    });
    const infer = (request: object, options?: grpc.CallOptions) => client.call(`${METHOD}ModelInfer`, request, options);

    it('is live and ready on both levels, and tells about itself and its model', async () => {
      assert.deepEqual(await client.call(`${METHOD}ServerLive`, {}), { live: true });
      assert.deepEqual(await client.call(`${METHOD}ServerReady`, {}), { ready: true });
      assert.deepEqual(await client.call(`${METHOD}ModelReady`, { name: 'model', version: VERSION }), { ready: true });
      const metadata = await client.call(`${METHOD}ServerMetadata`, {});
      assert.equal(metadata.name, 'plimsoll');
      const tensor = (name: string) => ({ name, datatype: 'FP32', shape: ['-1', '3'] });
      assert.deepEqual(await client.call(`${METHOD}ModelMetadata`, { name: 'model' }), {
        name: 'model',
        versions: [VERSION],
        platform: 'onnxruntime_onnx',
        inputs: [tensor('a'), tensor('b')],
        outputs: [tensor('sum'), tensor('product')],
      });
      const { models } = await client.call(`${METHOD}RepositoryIndex`, {});
      assert.deepEqual(
        models,
        [{ name: 'model', version: VERSION, state: 'READY', reason: '' }].map(({ reason: _, ...rest }) => rest),
      );
    });

    it('answers typed contents with typed ones, with id and parameters', async () => {
      const parameters = {
        trace: { string_param: 'é' },
        n: { int64_param: '9007199254740993' },
        priority: { uint64_param: 1 },
      };
      const reply = await infer({ ...TYPED, parameters });
      assert.deepEqual(reply, {
        model_name: 'model',
        model_version: VERSION,
        id: '7',
        parameters: { trace: { string_param: 'é' }, n: { int64_param: '9007199254740993' } },
        outputs: [
          { name: 'sum', datatype: 'FP32', shape: ['1', '3'], contents: contents({ fp32_contents: [5, 7, 9] }) },
          { name: 'product', datatype: 'FP32', shape: ['1', '3'], contents: contents({ fp32_contents: [4, 10, 18] }) },
        ],
        raw_output_contents: [],
      });
    });

    it('answers raw contents with raw ones, and with the outputs that were asked for', async () => {
      const reply = (await infer(RAW)) as { raw_output_contents: Buffer[] };
      assert.deepEqual(reply.raw_output_contents, [floats(5, 7, 9), floats(4, 10, 18)]);
      const one = (await infer({ ...RAW, outputs: [{ name: 'product' }] })) as unknown as typeof reply;
      assert.deepEqual(one.raw_output_contents, [floats(4, 10, 18)]);
    });

    it('carries large messages, over many frames, packed or not', async () => {
      const rows = 3000;
      const data = Float32Array.from({ length: rows * 3 }, (_, index) => index % 11);
      const tensor = (name: string) => ({ name, datatype: 'FP32', shape: [rows, 3] });
      const bytes = Buffer.from(data.buffer);
      const request = { model_name: 'model', inputs: [tensor('a'), tensor('b')], raw_input_contents: [bytes, bytes] };
      for (const algorithm of [0, 1, 2]) {
        const packing = clientOf(server, { 'grpc.default_compression_algorithm': algorithm });
        const reply = (await packing.call(`${METHOD}ModelInfer`, request)) as { raw_output_contents: Buffer[] };
        const sums = new Float32Array(new Uint8Array(reply.raw_output_contents[0] ?? []).buffer);
        assert.deepEqual(
          sums,
          data.map((value) => 2 * value),
        );
      }
    });

    const refusals: readonly (readonly [string, object, number, RegExp])[] = [
      ['another model', { ...TYPED, model_name: 'x' }, grpc.status.NOT_FOUND, /unknown model "x"; served: "model"/],
      ['another version', { ...TYPED, model_version: '9' }, grpc.status.NOT_FOUND, /unknown version "9"/],
      ['a missing input', { ...TYPED, inputs: TYPED.inputs.slice(1) }, 3, /input "a" is missing/],
      ['an input twice', { ...TYPED, inputs: [TYPED.inputs[0], TYPED.inputs[0]] }, 3, /"a" is there twice/],
      ['an unknown input', { ...TYPED, inputs: [input('c', [1, 2, 3])] }, 3, /unknown input "c"; this model wants "a"/],
      ['an unknown output', { ...TYPED, outputs: [{ name: 'c' }] }, 3, /unknown output "c"/],
      [
        'a wrong datatype',
        { ...TYPED, inputs: [{ ...input('a', [1]), datatype: 'FP64' }] },
        3,
        /wanted datatype FP32, found FP64/,
      ],
      [
        'a wrong shape',
        { ...TYPED, inputs: [{ ...input('a', [1]), shape: [1] }] },
        3,
        /wanted shape \[batch, 3\], found \[1\]/,
      ],
      [
        'a negative size',
        { ...TYPED, inputs: [{ ...input('a', [1]), shape: [-1, 3] }] },
        3,
        /"shape" of input "a": wanted sizes that are whole numbers from 0 .*found -1/,
      ],
      ['too few elements', { ...TYPED, inputs: [input('a', [1, 2])] }, 3, /\[1, 3\] wants 3 elements, contents has 2/],
      ['too many elements', { ...TYPED, inputs: [input('a', [1, 2, 3, 4])] }, 3, /wants 3 elements, contents has 4/],
      ['no contents', { ...TYPED, inputs: [input('a')] }, 3, /wants 3 elements/],
      [
        'contents of another type',
        { ...TYPED, inputs: [{ ...input('a'), contents: { int_contents: [1, 2, 3] } }] },
        3,
        /wanted fp32_contents for FP32, found int_contents/,
      ],
      ['too few raw contents', { ...RAW, raw_input_contents: [floats(1, 2, 3)] }, 3, /has 1 entries for 2 inputs/],
      [
        'raw contents of a wrong size',
        { ...RAW, raw_input_contents: [floats(1, 2), floats(1)] },
        3,
        /"a": FP32 of shape \[1, 3\] wants 12 bytes, found 8/,
      ],
      ['contents both ways', { ...TYPED, raw_input_contents: RAW.raw_input_contents }, 3, /"contents" as well as raw/],
      [
        'shared memory',
        { ...RAW, inputs: [{ ...input('a'), parameters: { shared_memory_region: { string_param: 'x' } } }] },
        3,
        /shared memory is not served/,
      ],
      [
        'a timeout that is none',
        { ...TYPED, parameters: { timeout: { string_param: 'x' } } },
        3,
        /timeout.*wanted a whole number/,
      ],
    ];
    for (const [title, request, code, message] of refusals) {
      it(`refuses ${title}`, async () => {
        await assert.rejects(infer(request), (error: grpc.ServiceError) => {
          assert.equal(error.code, code, error.message);
          assert.match(error.details, message);
          return true;
        });
      });
    }

    it('refuses a message over the limit, before and after inflating, and goes on', async () => {
      const bytes = Buffer.alloc(200_000);
      const request = { ...RAW, raw_input_contents: [bytes, bytes] };
      await assert.rejects(infer(request), { code: grpc.status.RESOURCE_EXHAUSTED, details: /larger than the 100000/ });
      const packing = clientOf(server, { 'grpc.default_compression_algorithm': 2 });
      await assert.rejects(packing.call(`${METHOD}ModelInfer`, request), {
        code: grpc.status.RESOURCE_EXHAUSTED,
        details: /inflates to more than the 100000/,
      });
      assert.equal((await infer(TYPED)).id, '7');
    });

    it('says of what Triton has and this server has not why so', async () => {
      await assert.rejects(
        rawCall(server, `${METHOD}RepositoryModelLoad`, frame(Buffer.alloc(0))),
        /12.*nothing of it changes/,
      );
      await assert.rejects(rawCall(server, `${METHOD}Nothing`, frame(Buffer.alloc(0))), /12.*nothing at/);
    });

    it('answers a stream of requests in their order, failures among them', async () => {
      const stream = client.stream(`${METHOD}ModelStreamInfer`);
      const count = 50;
      for (let index = 0; index < count; index++) {
        stream.write({
          ...TYPED,
          id: String(index),
          ...(index % 10 === 3 && { model_name: 'x' }),
          ...(index % 10 === 6 && { inputs: [input('a', [1, 2]), input('b', [4, 5, 6])] }),
        });
      }
      stream.end();
      const replies: Reply[] = [];
      for await (const reply of stream) replies.push(reply);
      assert.equal(replies.length, count);
      for (const [index, reply] of replies.entries()) {
        assert.equal(reply.infer_response.id, String(index));
        assert.deepEqual(reply.infer_response.parameters, { triton_final_response: { bool_param: true } });
        if (index % 10 === 3) assert.match(reply.error_message, /unknown model "x"/);
        else if (index % 10 === 6) assert.match(reply.error_message, /wants 3 elements/);
        else assert.equal(reply.infer_response.outputs.length, 2);
      }
    });

    it('has the standard health service', async () => {
      for (const service of ['', 'inference.GRPCInferenceService', 'model']) {
        assert.deepEqual(await client.call('/grpc.health.v1.Health/Check', { service }), { status: 'SERVING' });
      }
      await assert.rejects(client.call('/grpc.health.v1.Health/Check', { service: 'x' }), {
        code: grpc.status.NOT_FOUND,
      });
      const serving = { status: 'SERVING' };
      assert.deepEqual(await client.call('/grpc.health.v1.Health/List', {}), {
        statuses: { '': serving, 'inference.GRPCInferenceService': serving, model: serving },
      });
    });

    for (const version of ['v1', 'v1alpha']) {
      it(`describes itself by reflection ${version}, as the texts are read by others`, async () => {
        const stream = client.stream(`/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`);
        const ask = async (question: object) => {
          stream.write(question);
          const [reply] = await once(stream, 'data');
          return reply;
        };
        const { list_services_response: list } = await ask({ list_services: '' });
        const names = list.service.map(({ name }: { name: string }) => name);
        assert.ok(names.includes('inference.GRPCInferenceService') && names.includes('grpc.health.v1.Health'));
        const symbols = [
          'inference.GRPCInferenceService',
          'inference.ModelInferRequest.InferInputTensor',
          'inference.GRPCInferenceService.ModelInfer',
          'inference.ModelInferRequest.inputs',
          'inference.ModelInferRequest.ParametersEntry',
          'inference.ModelInferRequest.ParametersEntry.value',
          'inference.InferParameter.parameter_choice',
          'inference.InferParameter.bool_param',
          'grpc.health.v1.HealthCheckResponse.ServingStatus',
          'grpc.health.v1.HealthCheckResponse.SERVING',
        ];
        for (const symbol of symbols) {
          const found = await ask({ file_containing_symbol: symbol });
          assert.equal(found.file_descriptor_response.file_descriptor_proto.length, 1, symbol);
        }
        const missing = await ask({ file_by_filename: 'x.proto' });
        assert.equal(missing.error_response.error_code, grpc.status.NOT_FOUND);
        stream.end();
      });
    }

    it('takes typed fields however they are laid: unpacked, in pieces, in any order, with unknown ones between', async () => {
      const tag = (field: number, wire: number) => Buffer.from([(field << 3) | wire]);
      const span = (field: number, ...parts: Buffer[]) => {
        const body = Buffer.concat(parts);
        return Buffer.concat([tag(field, 2), Buffer.from([body.length]), body]);
      };
      const contents = (values: number[]) =>
        span(5, tag(6, 5), floats(values[0] ?? 0), span(6, floats(...values.slice(1))));
      const shape = Buffer.concat([tag(3, 0), Buffer.from([1]), span(3, Buffer.from([3]))]);
      const tensor = (name: string, values: number[]) =>
        span(
          5,
          contents(values),
          span(15, Buffer.from('?')),
          shape,
          span(2, Buffer.from('FP32')),
          span(1, Buffer.from(name)),
        );
      const message = Buffer.concat([
        tensor('a', [1, 2, 3]),
        tensor('b', [4, 5, 6]),
        tag(9, 0),
        Buffer.from([1]),
        span(1, Buffer.from('model')),
      ]);
      const reply = await rawCall(server, `${METHOD}ModelInfer`, frame(message));
      assert.ok(reply.includes(floats(5, 7, 9)));
    });

    const broken: readonly (readonly [string, Buffer, RegExp])[] = [
      ['a message that ends too early', frame(Buffer.from([0x0a, 0x10, 0x41])), /3 .*wanted the 16 bytes/],
      ['a number without end', frame(Buffer.alloc(20, 0xff)), /3 .*wanted a number of at most ten bytes/],
      ['a group', frame(Buffer.from([0x0b])), /3 .*wanted a kind of field that is in use|wanted model_name as bytes/],
      ['a name that is not UTF-8', frame(Buffer.from([0x0a, 1, 0xff])), /3 .*model_name is not UTF-8/],
      ['half a message', Buffer.from([0, 0, 0, 0, 9, 1]), /3 .*ended in the middle of a message/],
      ['no message', Buffer.alloc(0), /3 .*without a message/],
      ['a flag that is none', Buffer.from([7, 0, 0, 0, 0]), /3 .*begins with 7/],
      [
        'a packed message without a coding',
        Buffer.concat([Buffer.from([1, 0, 0, 0, 5]), Buffer.from('hello')]),
        /13 .*Compressed-Flag.*no grpc-encoding/,
      ],
    ];
    for (const [title, bytes, message] of broken) {
      it(`refuses ${title}`, async () => {
        await assert.rejects(rawCall(server, `${METHOD}ModelInfer`, bytes), message);
      });
    }

    it('refuses codings and timeouts that are none', async () => {
      const coding = { 'grpc-encoding': 'snappy' };
      await assert.rejects(
        rawCall(server, `${METHOD}ModelInfer`, frame(Buffer.alloc(0)), coding),
        /12 .*snappy.*wanted gzip/,
      );
      const timeout = { 'grpc-timeout': 'soon' };
      await assert.rejects(
        rawCall(server, `${METHOD}ModelInfer`, frame(Buffer.alloc(0)), timeout),
        /3 .*grpc-timeout is "soon"/,
      );
      const bad = rawCall(
        server,
        `${METHOD}ModelInfer`,
        Buffer.concat([Buffer.from([1, 0, 0, 0, 5]), Buffer.from('hello')]),
        { 'grpc-encoding': 'gzip' },
      );
      await assert.rejects(bad, /3 .*not gzip/);
    });

    it('packs an answer for those who have packed their request and say that they can read it so', async () => {
      const rows = 500;
      const part = (field: number, bytes: Buffer) => {
        const length = bytes.length;
        return Buffer.concat([Buffer.from([field * 8 + 2, (length & 0x7f) | 0x80, length >> 7]), bytes]);
      };
      const shape = Buffer.from([26, 3, (rows & 0x7f) | 0x80, rows >> 7, 3]);
      const input = (name: string) =>
        part(5, Buffer.concat([part(1, Buffer.from(name)), part(2, Buffer.from('FP32')), shape]));
      const contents = part(7, Buffer.alloc(12 * rows));
      const message = gzipSync(
        Buffer.concat([part(1, Buffer.from('model')), input('a'), input('b'), contents, contents]),
      );
      const framed = frame(message);
      framed[0] = 1;
      for (const [accepted, flag] of [
        [{}, 0],
        [{ 'grpc-accept-encoding': 'identity,deflate' }, 0],
        [{ 'grpc-accept-encoding': 'identity, deflate, gzip' }, 1],
      ] as const) {
        const reply = await rawCall(server, `${METHOD}ModelInfer`, framed, { 'grpc-encoding': 'gzip', ...accepted });
        assert.equal(reply[0], flag);
        const answer = flag === 1 ? gunzipSync(reply.subarray(5)) : reply.subarray(5);
        assert.ok(answer.length > 24 * rows);
      }
    });

    it('tells who packs its messages, and nobody else, which codings it reads', async () => {
      const session = connectHttp2(`http://127.0.0.1:${server.grpcPort()}`);
      for (const [coding, method, told] of [
        ['gzip', 'ServerLive', 'identity,gzip,deflate'],
        ['gzip', 'ModelMetadata', 'identity,gzip,deflate'],
        ['snappy', 'ServerLive', 'identity,gzip,deflate'],
        ['identity', 'ServerLive', undefined],
      ] as const) {
        const headers = { 'content-type': 'application/grpc', 'grpc-encoding': coding };
        const stream = session.request({ ':method': 'POST', ':path': `${METHOD}${method}`, ...headers });
        stream.end(frame(Buffer.alloc(0)));
        const [reply] = await once(stream, 'response');
        assert.equal(reply['grpc-accept-encoding'], told, `${coding} ${method}`);
        stream.close();
      }
      session.destroy();
    });

    it('answers what is not gRPC as HTTP does', async () => {
      const session = connectHttp2(`http://127.0.0.1:${server.grpcPort()}`);
      for (const [headers, status, allow] of [
        [{ ':method': 'GET', ':path': '/' }, 405, 'POST'],
        [{ ':method': 'HEAD', ':path': '/' }, 405, 'POST'],
        [{ ':method': 'POST', ':path': '/', 'content-type': 'application/json' }, 415],
        [{ ':method': 'POST', ':path': '/', 'content-type': 'application/grpc-web+proto' }, 415],
        [{ ':method': 'POST', ':path': '/', 'content-type': 'application/grpc+json' }, 415],
        [{ ':method': 'POST', ':path': '/', 'content-type': 'application/grpc+proto' }, 200],
        [{ ':method': 'POST', ':path': '/', 'content-type': 'application/grpc;charset=utf-8' }, 200],
      ] as const) {
        const stream = session.request(headers);
        const [reply] = await once(stream, 'response');
        assert.deepEqual([reply[constants.HTTP2_HEADER_STATUS], reply.allow], [status, allow]);
        let bytes = 0;
        for await (const piece of stream) bytes += piece.length;
        assert.equal(bytes > 0, status !== 200 && headers[':method'] !== 'HEAD');
      }
      session.destroy();
    });

    for (const request of [
      'GET / HTTP/1.1\r\nhost: x\r\n\r\n',
      `POST /v2/models/model/infer HTTP/1.1\r\nhost: x\r\ncontent-length: 100000\r\n\r\n${'x'.repeat(100_000)}`,
    ]) {
      it(`sends who says ${JSON.stringify(request.slice(0, 14))} to the other port, in words of HTTP/1`, async () => {
        const socket = connect(server.grpcPort(), '127.0.0.1');
        socket.write(request);
        let answer = '';
        for await (const piece of socket) answer += piece;
        const [head = '', body = ''] = answer.split('\r\n\r\n');
        assert.match(head, /^HTTP\/1\.1 400 Bad Request\r\nconnection: close\r\n/);
        assert.match(head, new RegExp(`content-length: ${body.length}$`));
        assert.match(body, new RegExp(`over HTTP/1.1 on port ${server.port()}\n$`));
      });
    }

    it('counts nothing of what follows the only message of a call', async () => {
      const half = frame(Buffer.alloc(1000)).subarray(0, 500);
      await rawCall(server, `${METHOD}ServerLive`, Buffer.concat([frame(Buffer.alloc(0)), half]));
      const { text } = await ask(server, '/metrics');
      assert.match(text, /^plimsoll_admitted_bytes\S* 0$/m);
    });

    it('still answers after all that, and has logged nothing', async () => {
      assert.equal((await infer(TYPED)).id, '7');
      assert.equal(server.output.stderr, '');
    });
  });

  const types: readonly (readonly [Parameters<typeof identity>[0], string, string, readonly unknown[]])[] = [
    ['float', 'FP32', 'fp32_contents', [0.5, -0, Infinity]],
    ['double', 'FP64', 'fp64_contents', [0.1, -0, 1e300]],
    ['int8', 'INT8', 'int_contents', [-128, 127]],
    ['uint8', 'UINT8', 'uint_contents', [0, 255]],
    ['int16', 'INT16', 'int_contents', [-32768, 32767]],
    ['uint16', 'UINT16', 'uint_contents', [0, 65535]],
    ['int32', 'INT32', 'int_contents', [-2147483648, 2147483647]],
    ['uint32', 'UINT32', 'uint_contents', [0, 4294967295]],
    ['int64', 'INT64', 'int64_contents', ['-9223372036854775808', '9223372036854775807', '-1']],
    ['uint64', 'UINT64', 'uint64_contents', ['0', '18446744073709551615']],
    ['bool', 'BOOL', 'bool_contents', [true, false]],
    ['string', 'BYTES', 'bytes_contents', [Buffer.from(''), Buffer.from('日本 😀')]],
  ];
  for (const [type, datatype, field, values] of types) {
    it(`carries ${datatype} there and back as ${field}, and refuses what does not fit`, async () => {
      const client = clientOf(await start(`identity-${type}`, identity(type)));
      const ask = (shape: number[], elements: readonly unknown[]) =>
        client.call(`${METHOD}ModelInfer`, {
          model_name: 'model',
          inputs: [{ name: 'x', datatype, shape, contents: { [field]: elements } }],
        }) as Promise<{ outputs: { contents: Record<string, unknown[]> }[] }>;
      assert.deepEqual((await ask([1, values.length], values)).outputs[0]?.contents[field], values);
      assert.deepEqual((await ask([0, 5], [])).outputs[0]?.contents[field], []);
      await assert.rejects(ask([1, values.length + 1], values), { code: 3 });
      if (/^U?INT(8|16)$/.test(datatype)) {
        await assert.rejects(ask([1, 1], [100_000]), { code: 3, details: /wanted an integer from .*found 100000/ });
      }
    });
  }

  it('carries FP16 raw, and says that it has no other form', async () => {
    const client = clientOf(await start('identity-float16', identity('float16')));
    const bits = Buffer.from(Uint16Array.of(0x3c00, 0x7e00, 1).buffer);
    const request = { model_name: 'model', inputs: [{ name: 'x', datatype: 'FP16', shape: [1, 3] }] };
    const reply = (await client.call(`${METHOD}ModelInfer`, { ...request, raw_input_contents: [bits] })) as {
      raw_output_contents: Buffer[];
    };
    assert.deepEqual(reply.raw_output_contents, [bits]);
    await assert.rejects(client.call(`${METHOD}ModelInfer`, request), { details: /FP16 has no typed contents/ });
  });

  it('refuses at once what finds the queue full, and says when to try again', async () => {
    const client = clientOf(await start('slow', { ...SLOW, queue: 2 }));
    const contents = { int64_contents: [50_000] };
    const request = { model_name: 'model', inputs: [{ name: 'steps', datatype: 'INT64', shape: [], contents }] };
    const calls = Array.from({ length: 12 }, () => client.call(`${METHOD}ModelInfer`, request));
    const refused = (await Promise.allSettled(calls)).flatMap((call) =>
      call.status === 'rejected' ? [call.reason] : [],
    );
    assert.ok(refused.length > 0 && refused.length < calls.length, `${refused.length} of ${calls.length}`);
    for (const { code, metadata } of refused as grpc.ServiceError[]) {
      assert.equal(code, grpc.status.RESOURCE_EXHAUSTED);
      assert.deepEqual(metadata.get('grpc-retry-pushback-ms'), ['1000']);
    }
  });

  it('keeps the deadline of a call, and drops work whose client has gone', async () => {
    const server = await start('slow', SLOW);
    const client = clientOf(server);
    const steps = (count: number) => ({
      model_name: 'model',
      inputs: [{ name: 'steps', datatype: 'INT64', shape: [], contents: { int64_contents: [count] } }],
    });
    const busy = client.call(`${METHOD}ModelInfer`, steps(500_000));
    const late = client.call(`${METHOD}ModelInfer`, steps(1_000_000_000), { deadline: Date.now() + 300 });
    await assert.rejects(late, { code: grpc.status.DEADLINE_EXCEEDED });
    await busy;
    await client.call(`${METHOD}ModelInfer`, steps(1));
  });

  for (const coding of ['identity', 'gzip']) {
    it(`takes in of a stream what it has room for, however many requests come in one frame, with ${coding} for coding`, async () => {
      const server = await start('slow', { ...SLOW, queue: 20 });
      const { encode, decode } = clientOf(server).codec(`${METHOD}ModelStreamInfer`);
      const count = coding === 'gzip' ? 60 : 1000;
      const requests = Array.from({ length: count }, (_, index) => {
        const inputs = [
          {
            name: 'steps',
            datatype: 'INT64',
            shape: [],
            contents: { int64_contents: [coding === 'gzip' ? 20_000 : index % 7] },
          },
        ];
        const request = encode({ model_name: 'model', id: String(index), inputs });
        return coding === 'gzip' ? frame(gzipSync(request), 1) : frame(request);
      });
      // Some clients put as many messages into a frame as fit.
      const replies = await rawCall(server, `${METHOD}ModelStreamInfer`, Buffer.concat(requests), {
        'grpc-encoding': coding,
      });
      let answered = 0;
      for (let at = 0; at < replies.length; ) {
        const end = at + 5 + replies.readUInt32BE(at + 1);
        const reply = decode(replies.subarray(at + 5, end));
        assert.equal(reply.error_message, undefined);
        assert.equal(reply.infer_response.id, String(answered++));
        at = end;
      }
      assert.equal(answered, count);
    });
  }

  it('lets go of calls that their clients have cancelled, and of nothing else', async () => {
    const server = await start('slow', SLOW);
    const client = clientOf(server);
    const steps = (count: number) => ({
      model_name: 'model',
      inputs: [{ name: 'steps', datatype: 'INT64', shape: [], contents: { int64_contents: [count] } }],
    });
    const wanted = [client.call(`${METHOD}ModelInfer`, steps(200_000))];
    const cancelled = Array.from({ length: 50 }, (_, index) => {
      const call = client.cancellable(`${METHOD}ModelInfer`, steps(1_000_000_000));
      if (index % 10 === 0) wanted.push(client.call(`${METHOD}ModelInfer`, steps(2 + index)));
      return call;
    });
    await client.call('/grpc.health.v1.Health/Check', {});
    for (const { cancel, done } of cancelled) {
      cancel();
      await assert.rejects(done, { code: grpc.status.CANCELLED });
    }
    assert.equal((await Promise.all(wanted)).length, 6);
    await until(async () => /^plimsoll_admitted_bytes\S* 0$/m.test((await ask(server, '/metrics')).text));
  });

  it('takes many large messages at once over one connection, and gives them back', async () => {
    const server = await start('two-by-two', { ...TWO_BY_TWO, bodyBytes: 10_000_000, bounds: { batch: 100_000 } });
    const client = clientOf(server, { 'grpc.max_receive_message_length': -1, 'grpc.max_send_message_length': -1 });
    const rows = 100_000;
    const replies = await Promise.all(
      Array.from({ length: 12 }, async (_, index) => {
        const bytes = Buffer.from(new Float32Array(rows * 3).fill(index).buffer);
        const tensor = (name: string) => ({ name, datatype: 'FP32', shape: [rows, 3] });
        const request = { model_name: 'model', inputs: [tensor('a'), tensor('b')], raw_input_contents: [bytes, bytes] };
        const reply = (await client.call(`${METHOD}ModelInfer`, request)) as { raw_output_contents: Buffer[] };
        return new Float32Array(new Uint8Array(reply.raw_output_contents[0] ?? []).buffer);
      }),
    );
    for (const [index, sums] of replies.entries()) {
      assert.equal(sums.length, rows * 3);
      assert.ok(sums.every((sum) => sum === 2 * index));
    }
  });

  it('mixes up nothing of what many clients send at once', async () => {
    const server = await start('two-by-two', { ...TWO_BY_TWO, maxSize: 16 });
    const clients = Array.from({ length: 8 }, (_, n) => clientOf(server, { 'grpc.use_local_subchannel_pool': 1, n }));
    const ask = async (client: TestClient, value: number): Promise<void> => {
      const bytes = floats(value, value, value);
      const tensor = (name: string) => ({ name, datatype: 'FP32', shape: [1, 3] });
      const inputs = [tensor('a'), tensor('b')];
      // Of different lengths, so that contents lie aligned in some.
      const id = 'x'.repeat(value % 4);
      const request = { model_name: 'model', id, inputs, raw_input_contents: [bytes, bytes] };
      const reply = (await client.call(`${METHOD}ModelInfer`, request)) as { raw_output_contents: Buffer[] };
      assert.deepEqual(reply.raw_output_contents[0], floats(2 * value, 2 * value, 2 * value));
    };
    for (let round = 0; round < 8; round++) {
      const asked = clients.flatMap((client, n) =>
        [1, 2, 3, 4, 5].map((part) => ask(client, 100 * round + 8 * n + part)),
      );
      await Promise.all(asked);
    }
  });

  it('refuses headers that are too large, and goes on where that can be told', async () => {
    const server = await start('two-by-two', TWO_BY_TWO, { PLIMSOLL_MAX_HEADER_BYTES: '2048' });
    const call = (headers: object): Promise<Buffer> =>
      rawCall(server, `${METHOD}ServerLive`, frame(Buffer.alloc(0)), headers);
    const many = Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`x-${index}`, 'x']));
    await assert.rejects(call(many), /^Error: 8 the headers are larger/);
    await assert.rejects(call({ 'x-long': 'x'.repeat(3000) }), /^Error: 8 the headers are larger/);
    await assert.rejects(call({ 'x-long': '\u00ff'.repeat(10_000) }));
    assert.deepEqual(await call({}), frame(Buffer.from([8, 1])));
  });

  it('tells those who watch that it stops, and stops', async () => {
    const server = await start('two-by-two', TWO_BY_TWO);
    const client = clientOf(server);
    const stream = client.watch('/grpc.health.v1.Health/Watch', { service: '' });
    const ended = once(stream, 'error');
    const statuses: unknown[] = [];
    stream.on('data', ({ status }) => statuses.push(status));
    await until(async () => statuses.length > 0);
    server.process.kill('SIGTERM');
    const [error] = await ended;
    assert.equal(error.code, grpc.status.UNAVAILABLE);
    assert.deepEqual(statuses, ['SERVING', 'NOT_SERVING']);
    assert.equal(await server.exit, 0);
  });

  it('lets open calls end when it is told to stop, and exits with 0', async () => {
    const server = await start('slow', SLOW);
    const client = clientOf(server);
    const body = (count: number) => ({
      model_name: 'model',
      inputs: [{ name: 'steps', datatype: 'INT64', shape: [], contents: { int64_contents: [count] } }],
    });
    await client.call(`${METHOD}ModelInfer`, body(1));
    const calls = Array.from({ length: 5 }, () => client.call(`${METHOD}ModelInfer`, body(50_000)));
    await new Promise((resolve) => setTimeout(resolve, 50));
    server.process.kill('SIGTERM');
    assert.equal((await Promise.all(calls)).length, 5);
    assert.equal(await server.exit, 0);
  });

  it('ends streams that are open with nothing under way when it is told to stop, and no others', async () => {
    const server = await start('slow', SLOW);
    const client = clientOf(server);
    const body = (id: string, count: number) => ({
      id,
      model_name: 'model',
      inputs: [{ name: 'steps', datatype: 'INT64', shape: [], contents: { int64_contents: [count] } }],
    });
    const streams = ['busy', 'idle'].map((id) => {
      const stream = client.stream(`${METHOD}ModelStreamInfer`);
      const ids: string[] = [];
      stream.on('data', (reply) => ids.push(reply.infer_response.id));
      const ended = new Promise<number>((resolve) =>
        stream.on('error', (error: grpc.ServiceError) => resolve(error.code)),
      );
      stream.write(body(id, 1));
      return { stream, ids, ended };
    });
    const tool = client.stream('/grpc.reflection.v1.ServerReflection/ServerReflectionInfo');
    tool.write({ list_services: '' });
    await Promise.all([...streams, { stream: tool }].map(({ stream }) => once(stream, 'data')));
    const toolEnded = once(tool, 'error');
    const begun = performance.now();
    server.process.kill('SIGTERM');
    const [busy] = streams;
    for (let round = 0; round < 3; round++) {
      await new Promise((resolve) => setTimeout(resolve, 600));
      busy?.stream.write(body(`busy ${round}`, 1));
    }
    const { UNAVAILABLE } = grpc.status;
    assert.equal((await toolEnded)[0].code, UNAVAILABLE);
    assert.deepEqual(await Promise.all(streams.map(({ ended }) => ended)), [UNAVAILABLE, UNAVAILABLE]);
    assert.deepEqual(
      streams.map(({ ids }) => ids),
      [['busy', 'busy 0', 'busy 1', 'busy 2'], ['idle']],
    );
    assert.equal(await server.exit, 0, server.output.stderr);
    assert.ok(performance.now() - begun < 10_000);
  });

  for (const [kind, algorithm] of [
    ['plain', 0],
    ['packed', 2],
  ] as const) {
    it(`answers what it has taken in of a stream that never pauses, then ends it and exits with 0: ${kind} messages`, async () => {
      const server = await start('slow', SLOW, { PLIMSOLL_GRACE_SECONDS: '4' });
      const client = clientOf(server, { 'grpc.default_compression_algorithm': algorithm });
      const stream = client.stream(`${METHOD}ModelStreamInfer`);
      const ids: string[] = [];
      let written = 0;
      const write = (): void => {
        const contents = { int64_contents: [4000] };
        const inputs = [{ name: 'steps', datatype: 'INT64', shape: [], contents }];
        stream.write({ id: String(written++), model_name: 'model', inputs });
      };
      stream.on('data', ({ infer_response: { id } }) => {
        ids.push(id);
        write();
      });
      const ended = once(stream, 'error');
      for (let count = 0; count < 20; count++) write();
      await until(async () => ids.length > 5);
      server.process.kill('SIGTERM');
      const [error] = await ended;
      assert.equal(error.code, grpc.status.UNAVAILABLE);
      assert.equal(await server.exit, 0, server.output.stderr);
      assert.deepEqual(
        ids,
        ids.map((_, index) => String(index)),
      );
    });
  }

  it('is not there where it is turned off', async () => {
    const server = await start('two-by-two', TWO_BY_TWO, { PLIMSOLL_GRPC_PORT: 'off' });
    assert.equal(server.grpcPort(), undefined);
  });
});

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 20));
}

const EMPTY_CONTENTS = {
  bool_contents: [],
  int_contents: [],
  int64_contents: [],
  uint_contents: [],
  uint64_contents: [],
  fp32_contents: [],
  fp64_contents: [],
  bytes_contents: [],
};

function contents(some: object): object {
  return { ...EMPTY_CONTENTS, ...some };
}

function frame(message: Buffer, flag = 0): Buffer {
  const prefix = Buffer.alloc(5);
  prefix[0] = flag;
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

/** A call of bytes as they are; fails with `STATUS MESSAGE` where the status is not 0. */
async function rawCall(server: RunningServer, path: string, bytes: Buffer, headers: object = {}): Promise<Buffer> {
  const session = connectHttp2(`http://127.0.0.1:${server.grpcPort()}`);
  session.on('error', () => {});
  try {
    const stream = session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...headers,
    });
    let trailers: Record<string, unknown> = {};
    for (const event of ['response', 'trailers']) {
      stream.on(event, (fields: Record<string, unknown>) => {
        if (fields['grpc-status'] !== undefined) trailers = fields;
      });
    }
    stream.end(bytes);
    const pieces: Buffer[] = [];
    for await (const piece of stream) pieces.push(piece as Buffer);
    const status = String(trailers['grpc-status']);
    if (status !== '0') throw new Error(`${status} ${decodeURIComponent(String(trailers['grpc-message']))}`);
    return Buffer.concat(pieces);
  } finally {
    session.destroy();
  }
}
