import assert from 'node:assert/strict';
import fc from 'fast-check';
import { makeResultEncoder } from '../../templates/server/open-inference/encode.ts';
import { makeSignature } from '../../templates/server/signature.ts';
import type { Elements } from '../../templates/server/tensor.ts';
import { identity, makePlan } from './plans.ts';

describe('encoding a result', () => {
  const encode = (type: Parameters<typeof identity>[0], data: Elements, id?: string): string => {
    const signature = makeSignature(makePlan(identity(type)));
    const port = signature.outputs[0];
    assert.ok(port);
    const y = { type: port.datatype.runtime, dims: [1, data.length], data, location: 'cpu' } as const;
    const { body } = makeResultEncoder(signature)({
      id,
      echo: '',
      outputs: [port],
      binary: undefined,
      tensors: { y },
    });
    return typeof body === 'string' ? body : Buffer.concat(body).toString();
  };

  it('writes the protocol, with the id only where there was one', () => {
    assert.equal(
      encode('float', Float32Array.of(1.5), 'a"b'),
      '{"model_name":"model","model_version":"0123456789ab","id":"a\\"b","outputs":[{"name":"y","datatype":"FP32","shape":[1,1],"data":[1.5]}]}',
    );
    assert.ok(!encode('float', Float32Array.of(1)).includes('"id"'));
  });

  const rows: readonly (readonly [Parameters<typeof identity>[0], Elements, string])[] = [
    ['float', Float32Array.of(0.1), '0.10000000149011612'],
    ['float', Float32Array.of(NaN, Infinity, -Infinity, -0, 2), 'NaN,Infinity,-Infinity,-0.0,2'],
    ['double', Float64Array.of(0.1, 1e300), '0.1,1e+300'],
    ['float16', Uint16Array.of(0x3c00, 0x7c00, 0x0001), '1,Infinity,5.960464477539063e-8'],
    ['int64', BigInt64Array.of(-(2n ** 63n), 9007199254740993n), '-9223372036854775808,9007199254740993'],
    ['uint64', BigUint64Array.of(2n ** 64n - 1n), '18446744073709551615'],
    ['int8', Int8Array.of(-1, 2), '-1,2'],
    ['bool', Uint8Array.of(1, 0), 'true,false'],
    ['string', ['', '日本 😀', '"\n'], '"","日本 😀","\\"\\n"'],
    ['float', new Float32Array(0), ''],
    ['string', [], ''],
  ];
  for (const [type, data, wanted] of rows) {
    it(`writes ${type} as [${wanted}]`, () =>
      assert.ok(encode(type, data).endsWith(`"data":[${wanted}]}]}`), encode(type, data)));
  }

  it('refuses more numbers than a text of Node can be written for', () => {
    assert.throws(() => encode('float', new Float32Array(2 ** 28)), {
      status: 413,
      message: /^an output of 268435456 numbers is too long for JSON/,
    });
  });

  it('writes any numbers, in any amount, so that the same ones are read again', () => {
    const value = fc.oneof(fc.double(), fc.constantFrom(-0, 1 / 3, 5e-324, Number.MAX_VALUE));
    const amount = fc.constantFrom(0, 1, 7, 8, 511, 512, 513, 1023, 1024, 1025, 3000);
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 20 }), amount, fc.nat(3000), (values, count, place) => {
        for (const [type, made] of [
          ['double', new Float64Array(count)],
          ['float', new Float32Array(count)],
        ] as const) {
          const data = made.fill(0.25);
          values.forEach((found, index) => {
            if (count > 0) data[(place + 101 * index) % count] = found;
          });
          const text = encode(type, data);
          const written = text.slice(text.indexOf('"data":[') + '"data":['.length, -']}]}'.length);
          const read = written === '' ? [] : written.split(',').map(Number);
          assert.ok(read.length === count && data.every((wanted, index) => Object.is(wanted, read[index])));
        }
      }),
      { numRuns: 200 },
    );
  });

  it('gives the buffer of many numbers back once it is sent, and nothing that others use', () => {
    const signature = makeSignature(makePlan(identity('float')));
    const data = Float32Array.from({ length: 5000 }, (_, index) => Math.sin(index));
    const y = { type: 'float32', dims: [1, 5000], data, location: 'cpu' } as const;
    const facts = { id: 'x', echo: '', outputs: signature.outputs, binary: undefined, tensors: { y } };
    const { body, spent = [] } = makeResultEncoder(signature)(facts);
    const pieces = body as Uint8Array[];
    const large = pieces.filter(({ length }) => length > 4096);
    assert.deepEqual(
      spent.map(({ buffer }) => buffer),
      large.map(({ buffer }) => buffer),
    );
    assert.ok(spent.every(({ byteLength, buffer }) => byteLength === buffer.byteLength));
  });

  it('does not hide an output that the runtime did not give', () => {
    const signature = makeSignature(makePlan(identity('float')));
    assert.throws(
      () =>
        makeResultEncoder(signature)({
          id: undefined,
          echo: '',
          outputs: signature.outputs,
          binary: undefined,
          tensors: {},
        }),
      /no output "y"/,
    );
  });
});
