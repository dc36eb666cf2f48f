import assert from 'node:assert/strict';
import fc from 'fast-check';
import { decodeInferenceRequest } from '../../templates/server/open-inference/decode.ts';
import { RequestError } from '../../templates/server/request-error.ts';
import { makeSignature } from '../../templates/server/signature.ts';
import { identity, makePlan, type PlanFacts, TWO_BY_TWO } from './plans.ts';

const A = '{"name":"a","shape":[1,3],"datatype":"FP32","data":[1,2,3]}';
const B = '{"name":"b","shape":[1,3],"datatype":"FP32","data":[4,5,6]}';

describe('decoding a request', () => {
  const decode = (text: string, facts: PlanFacts = TWO_BY_TWO) =>
    decodeInferenceRequest(Buffer.from(text), makeSignature(makePlan(facts)));

  it('reads tensors whatever the order of their members', () => {
    const shuffled = '{"data":[4,5,6],"datatype":"FP32","parameters":{"x":[{}]},"shape":[1,3],"name":"b"}';
    const { inputs, id, outputs } = decode(`{"outputs":[{"name":"product"}],"inputs":[${A},${shuffled}],"id":"é"}`);
    assert.deepEqual(inputs.b, { type: 'float32', dims: [1, 3], data: Float32Array.of(4, 5, 6), location: 'cpu' });
    assert.equal(id, 'é');
    assert.deepEqual(
      outputs.map((port) => port.name),
      ['product'],
    );
  });

  it('reads nested data as the shape says', () => {
    const { inputs } = decode(
      `{"inputs":[${A.replace('[1,3]', '[2,3]').replace('[1,2,3]', ' [ [1 ,2,3], [4,5,6] ] ')},${B.replace('[1,3]', '[2,3]').replace('[4,5,6]', '[1,2,3,4,5,6]')}]}`,
    );
    assert.deepEqual(inputs.a?.data, Float32Array.of(1, 2, 3, 4, 5, 6));
  });

  it('takes different sizes for dimensions whose name says that it is not known, each up to its bound', () => {
    const image: PlanFacts = {
      inputs: [['x', 'uint8', [null, 1, '?', '?']]],
      outputs: [['y', 'uint8', ['?']]],
      bounds: { '?': 3 },
      maxSize: 4,
    };
    const request = (shape: string) => `{"inputs":[{"name":"x","datatype":"UINT8","shape":${shape},"data":[1,2,3,4]}]}`;
    assert.deepEqual(decode(request('[2,1,1,2]'), image).inputs.x?.dims, [2, 1, 1, 2]);
    assert.throws(() => decode(request('[1,1,1,4]'), image), /\? is 4, and this image was made for at most 3/);
    const flat: PlanFacts = { ...image, inputs: [['x', 'uint8', ['?', '?']]] };
    assert.throws(() => decode(request('[1,4]'), flat), /\? is 4, and this image was made for at most 3/);
  });

  it('takes null for what is not set, as some serialisers write it', () => {
    const request = decode(`{"id":null,"parameters":null,"outputs":null,"inputs":[${A},${B}]}`);
    assert.deepEqual([request.id, request.outputs.length, request.echo], [undefined, 2, '']);
  });

  it('reads the timeout as a deadline, and the priority', () => {
    const { deadlineMs, priority, echo } = decode(
      `{"parameters":{"timeout":2000000,"priority":2,"x":[1, 2]},"inputs":[${A},${B}]}`,
    );
    assert.ok(deadlineMs !== undefined && Math.abs(deadlineMs - performance.now() - 2000) < 500);
    assert.deepEqual([priority, echo], [2, '"x":[1, 2]']);
    assert.equal(decode(`{"parameters":{"timeout":0,"priority":0},"inputs":[${A},${B}]}`).deadlineMs, undefined);
  });

  const bad: readonly (readonly [title: string, body: string, message: RegExp])[] = [
    ['an empty body', '', /the body is empty/],
    ['no object', '[]', /the body .*: wanted an object, found an array/],
    ['text', 'hello', /the body .*: wanted an object, found hello/],
    ['an unfinished body', `{"inputs":[${A}`, /bad JSON at byte \d+: wanted "," or "]", found the end of the body/],
    ['more than one value', `{"inputs":[${A},${B}]} {}`, /bad JSON at byte \d+: wanted the end of the body/],
    ['no inputs', '{"input":[]}', /the request has no "inputs"/],
    ['inputs that are no array', '{"inputs":{}}', /"inputs" .*: wanted an array, found an object/],
    ['an input that is no object', '{"inputs":[3]}', /an entry of "inputs" .*: wanted an object, found 3/],
    [
      'an unknown input',
      `{"inputs":[${A.replace('"a"', '"c"')}]}`,
      /unknown input "c"; this model wants "a" \(FP32\), "b" \(FP32\)/,
    ],
    ['a missing input', `{"inputs":[${A}]}`, /input "b" is missing/],
    ['no inputs at all', '{"inputs":[]}', /input "a" is missing/],
    ['an input given twice', `{"inputs":[${A},${A}]}`, /input "a" is there twice/],
    ['an input without a name', '{"inputs":[{"shape":[1]}]}', /an entry of "inputs" has no "name"/],
    ['a name that is no string', '{"inputs":[{"name":1}]}', /"name" of an input .*: wanted a string, found 1/],
    [
      'no datatype',
      '{"inputs":[{"name":"a","shape":[1,3],"data":[1,2,3]}]}',
      /input "a" has no "datatype"; wanted FP32/,
    ],
    ['no shape', '{"inputs":[{"name":"a","datatype":"FP32","data":[1,2,3]}]}', /input "a" has no "shape"/],
    [
      'no data',
      '{"inputs":[{"name":"a","datatype":"FP32","shape":[1,3]}]}',
      /input "a" has no "data" and no binary_data_size/,
    ],
    ['a wrong datatype', `{"inputs":[${A.replace('FP32', 'FP64')}]}`, /input "a": wanted datatype FP32, found FP64/],
    [
      'a shape that is no array',
      `{"inputs":[${A.replace('[1,3]', '3')}]}`,
      /"shape" of an input .*: wanted an array, found 3/,
    ],
    [
      'a negative size',
      `{"inputs":[${A.replace('[1,3]', '[-1,3]')}]}`,
      /"shape" of input "a" \(at byte \d+\): wanted sizes that are whole numbers from 0 to 4294967295, found -1/,
    ],
    [
      'a broken size',
      `{"inputs":[${A.replace('[1,3]', '[1.5,3]')}]}`,
      /wanted sizes that are whole numbers.*found 1.5/,
    ],
    [
      'a wrong rank',
      `{"inputs":[${A.replace('[1,3]', '[3]')}]}`,
      /input "a": wanted shape \[batch, 3\], found \[3\]: wanted 2 dimensions, found 1/,
    ],
    [
      'a wrong fixed size',
      `{"inputs":[${A.replace('[1,3]', '[1,4]')}]}`,
      /wanted shape \[batch, 3\], found \[1, 4\]: wanted 3 at dimension 1, found 4/,
    ],
    [
      'different sizes of one symbol',
      `{"inputs":[${A},${B.replace('[1,3]', '[2,3]')}]}`,
      /input "b": .*: batch is 2 here and 1 in input "a"/,
    ],
    [
      'a size over its bound',
      `{"inputs":[${A.replace('[1,3]', '[101,3]')}]}`,
      /batch is 101, and this image was made for at most 100/,
    ],
    [
      'too few elements',
      `{"inputs":[${A.replace('[1,2,3]', '[1,2]')}]}`,
      /input "a": shape \[1, 3\] wants 3 elements, data has 2/,
    ],
    ['too many elements', `{"inputs":[${A.replace('[1,2,3]', '[1,2,3,4,5]')}]}`, /wants 3 elements, data has 5/],
    [
      'nesting that the shape does not have',
      `{"inputs":[${A.replace('[1,2,3]', '[[1,2,3],[1,2,3]]')}]}`,
      /wants 1 entries in every array of one level, data has 2/,
    ],
    [
      'nesting deeper than the shape',
      `{"inputs":[${A.replace('[1,2,3]', '[[[1],[2],[3]]]')}]}`,
      /input "a", element 0 .*: wanted a number for FP32, found an array/,
    ],
    [
      'a text for a number',
      `{"inputs":[${A.replace('[1,2,3]', '[1,"abc",3]')}]}`,
      /input "a", element 1 \(at byte \d+\): wanted a number for FP32, found "abc"/,
    ],
    [
      'null for a number',
      `{"inputs":[${A.replace('[1,2,3]', '[1,2,null]')}]}`,
      /element 2 .*: wanted a number for FP32, found null/,
    ],
    [
      'a number beyond single precision',
      `{"inputs":[${A.replace('[1,2,3]', '[1,2,-1e39]')}]}`,
      /wanted a number that FP32 can hold, found -1e39/,
    ],
    [
      'a shape far larger than the body',
      `{"inputs":[${A.replace('[1,3]', '[100,3]')}]}`,
      /shape \[100, 3\] wants 300 elements, data has 3/,
    ],
    [
      'few elements in arrays of arrays',
      `{"inputs":[${A.replace('[1,3]', '[100,3]').replace('[1,2,3]', '[[1,2],[],[3]]')}]}`,
      /shape \[100, 3\] wants 300 elements, data has 3/,
    ],
    ...['null', '"AAAA"', '{}', '1'].map(
      (data) =>
        [
          `${data} for data`,
          `{"inputs":[${A.replace('[1,3]', '[100,3]').replace('[1,2,3]', data)}]}`,
          /data of input "a" \(at byte \d+\): wanted an array, found \S+/,
        ] as const,
    ),
    [
      'an object among few elements',
      `{"inputs":[${A.replace('[1,3]', '[100,3]').replace('[1,2,3]', '[1,{}]')}]}`,
      /data of input "a" \(at byte \d+\): wanted elements, or arrays of them, found an object/,
    ],
    [
      'an unknown output',
      `{"inputs":[${A},${B}],"outputs":[{"name":"z"}]}`,
      /unknown output "z"; this model has "sum" \(FP32\), "product" \(FP32\)/,
    ],
    [
      'an output asked for twice',
      `{"inputs":[],"outputs":[{"name":"sum"},{"name":"sum"}]}`,
      /output "sum" is asked for twice|input "a" is missing/,
    ],
    [
      'an output with two names',
      `{"inputs":[${A},${B}],"outputs":[{"name":"sum","name":"product"}]}`,
      /the member "name" is there twice/,
    ],
    [
      'a parameter that comes twice',
      `{"inputs":[${A},${B}],"parameters":{"timeout":1,"timeout":1000000}}`,
      /parameter "timeout" of the request is there twice/,
    ],
    [
      'an escape in a parameter that would not be JSON in the answer',
      `{"inputs":[${A},${B}],"parameters":{"x":["\\\\","\\q"]}}`,
      /bad JSON at byte \d+: \["\\\\","\\q"\] has an escape that JSON does not know/,
    ],
    ['an id that is no string', `{"id":5,"inputs":[${A},${B}]}`, /"id" .*: wanted a string, found 5/],
    ['a member that comes twice', `{"inputs":[${A}],"inputs":[]}`, /the member "inputs" is there twice/],
    ['parameters nested without end', `{"parameters":{"x":${'['.repeat(100)}`, /nested deeper than 64 levels/],
    [
      'parameters without end',
      `{"parameters":{"x":"${'x'.repeat(20_000)}"}}`,
      /"parameters" of the request: wanted at most/,
    ],
    [
      'a timeout that is no number',
      '{"parameters":{"timeout":"1"}}',
      /"timeout" of the request .*: wanted a whole number/,
    ],
    ['text of more than a mebibyte', `{"id":"${'x'.repeat(2 ** 20 + 1)}"}`, /longer than 1048576 bytes/],
    ['too many dimensions', `{"inputs":[{"name":"a","shape":[${'1,'.repeat(64)}1]}]}`, /more than 64 dimensions/],
  ];
  for (const [title, body, message] of bad) {
    it(`refuses ${title}`, () => assert.throws(() => decode(body), { name: 'RequestError', status: 400, message }));
  }

  it('takes members of any name, even those that JavaScript objects have from birth', () => {
    assert.throws(() => decode('{"__proto__":1,"inputs":[{"name":"__proto__"}]}'), {
      message: /unknown input "__proto__"/,
    });
    const proto = { inputs: [['constructor', 'bool', [1]]], outputs: [] } satisfies PlanFacts;
    assert.throws(() => decode('{"inputs":[]}', proto), { message: /input "constructor" is missing/ });
  });

  it('refuses an input that the runtime would ignore', () => {
    const facts: PlanFacts = { ...TWO_BY_TWO, optionalInputs: ['b'] };
    assert.deepEqual(Object.keys(decode(`{"inputs":[${A}]}`, facts).inputs), ['a']);
    assert.throws(() => decode(`{"inputs":[${A},${B}]}`, facts), { message: /input "b" is a constant of this model/ });
  });

  const elements: readonly (readonly [
    type: Parameters<typeof identity>[0],
    data: string,
    wanted: unknown[] | RegExp,
  ])[] = [
    ['float', '[0.1,-0.0,NaN,Infinity,-Infinity,"NaN"]', [Math.fround(0.1), -0, NaN, Infinity, -Infinity, NaN]],
    ['float', '["inf"]', /wanted a number for FP32, found "inf"/],
    [
      'double',
      '[0.1,1e308,5e-324,123456789012345678901234567890]',
      [0.1, 1e308, 5e-324, 123456789012345680000000000000],
    ],
    ['double', '[1e400]', /wanted a number that FP64 can hold, found 1e400/],
    ['float16', '[1,-2,65504,0.1,NaN]', [0x3c00, 0xc000, 0x7bff, 0x2e66, 0x7e00]],
    ['float16', '[65520]', /wanted a number from -65504 to 65504 for FP16, found 65520/],
    ['int8', '[-128,127,1.0,1e2]', [-128, 127, 1, 100]],
    ['int8', '[300]', /input "x", element 0 .*: wanted an integer from -128 to 127 for INT8, found 300/],
    ['uint8', '[-1]', /from 0 to 255 for UINT8, found -1/],
    ['uint8', '[1.5]', /found 1.5/],
    ['int16', '[-32768,32767]', [-32768, 32767]],
    ['uint16', '[65536]', /from 0 to 65535 for UINT16/],
    ['int32', '[-2147483648,2147483647]', [-2147483648, 2147483647]],
    ['int32', '[2147483648]', /from -2147483648 to 2147483647 for INT32/],
    ['uint32', '[4294967295]', [4294967295]],
    [
      'int64',
      '[-1,0,4294967296,9007199254740993,-9223372036854775808,"9223372036854775807",-4294967297]',
      [-1n, 0n, 4294967296n, 9007199254740993n, -(2n ** 63n), 2n ** 63n - 1n, -4294967297n],
    ],
    [
      'int64',
      '[9223372036854775808]',
      /wanted an integer from -9223372036854775808 to 9223372036854775807 for INT64, found 9223372036854775808/,
    ],
    ['int64', '[1e19]', /for INT64, found 1e19/],
    ['int64', '[1e999999999]', /for INT64, found 1e999999999/],
    ['int64', '[9007199254740993.5]', /for INT64, found 9007199254740993.5/],
    [
      'int64',
      '[1e18,-1.5E+17,9007199254740993.0,90071992547409930e-1]',
      [10n ** 18n, -15n * 10n ** 16n, 9007199254740993n, 9007199254740993n],
    ],
    ['int64', '["12a"]', /for INT64, found "12a"/],
    ['int64', '[0.5]', /for INT64, found 0.5/],
    ['int64', `[${'9'.repeat(10000)}]`, /for INT64, found 9+…/],
    ['uint64', '[18446744073709551615,9007199254740991]', [2n ** 64n - 1n, 9007199254740991n]],
    ['uint64', '[-1]', /from 0 to 18446744073709551615 for UINT64, found -1/],
    ['bool', '[true,false,1,0]', [1, 0, 1, 0]],
    ['bool', '[2]', /wanted true or false for BOOL, found 2/],
    ['bool', '["true"]', /found "true"/],
    ['string', '["","日本 😀","a\\"b\\n","\\u00e9"]', ['', '日本 😀', 'a"b\n', 'é']],
    ['string', '[5]', /wanted a string for BYTES, found 5/],
    ['string', '["a\\u0000b"]', /wanted a string without U\+0000/],
    ['string', '["\\ud800"]', /half of a surrogate pair/],
  ];
  for (const [type, data, wanted] of elements) {
    const shown = data.length > 60 ? `${data.slice(0, 60)}…` : data;
    it(`${wanted instanceof RegExp ? 'refuses' : 'reads'} ${shown} as ${type}`, () => {
      const { name } = makeSignature(makePlan(identity(type))).inputs[0]?.datatype ?? { name: '' };
      const count = wanted instanceof RegExp ? 1 : wanted.length;
      const body = `{"inputs":[{"name":"x","shape":[1,${count}],"datatype":"${name}","data":${data}}]}`;
      if (wanted instanceof RegExp) assert.throws(() => decode(body, identity(type)), { status: 400, message: wanted });
      else assert.deepEqual([...(decode(body, identity(type)).inputs.x?.data ?? [])], wanted);
    });
  }

  it('reads scalars bare and in brackets, and tensors without elements flat and nested', () => {
    const scalar: PlanFacts = { inputs: [['x', 'float', []]], outputs: [] };
    for (const data of ['5', '[5]']) {
      const { inputs } = decode(`{"inputs":[{"name":"x","shape":[],"datatype":"FP32","data":${data}}]}`, scalar);
      assert.deepEqual(inputs.x, { type: 'float32', dims: [], data: Float32Array.of(5), location: 'cpu' });
    }
    for (const [shape, data] of [
      ['[0,3]', '[]'],
      ['[2,0]', '[]'],
      ['[2,0]', '[[],[]]'],
      ['[0,0]', '[]'],
    ] as const) {
      const { inputs } = decode(
        `{"inputs":[{"name":"x","shape":${shape},"datatype":"FP32","data":${data}}]}`,
        identity('float'),
      );
      assert.equal(inputs.x?.data.length, 0);
    }
  });

  it('does not count the elements of a long body that are too few', () => {
    const data = `[1${',1'.repeat(100_000)}]`;
    assert.throws(
      () => decode(`{"inputs":[{"name":"x","shape":[1000,1000],"datatype":"FP32","data":${data}}]}`, identity('float')),
      { status: 400, message: /shape \[1000, 1000\] wants 1000000 elements, more than the body can hold/ },
    );
  });

  it('refuses a parameter that would not come back as it was', () => {
    const body = Buffer.from(`{"inputs":[${A},${B}],"parameters":{"x":"\xff"}}`, 'latin1');
    const signature = makeSignature(makePlan(TWO_BY_TWO));
    assert.throws(() => decodeInferenceRequest(body, signature), { status: 400, message: /the body is not UTF-8/ });
  });

  it('takes parameters that are null for ones that are not set', () => {
    const parameters = '{"timeout":null,"priority":null,"binary_data_output":null,"x":null}';
    const { deadlineMs, priority, binary, echo } = decode(`{"inputs":[${A},${B}],"parameters":${parameters}}`);
    assert.deepEqual([deadlineMs, priority, binary, echo], [undefined, 5, undefined, '"x":null']);
  });

  it('takes no more of sizes beside a 0 than somebody may mean: nothing has to be sent for them', () => {
    const read = (shape: string, dims: PlanFacts['inputs'][0][2]) =>
      decode(`{"inputs":[{"name":"x","shape":${shape},"datatype":"FP32","data":[]}]}`, {
        inputs: [['x', 'float', dims]],
        outputs: [],
      });
    for (const [shape, dims] of [
      ['[0,3,2048,2048]', ['n', 3, 'h', 'w']],
      ['[0,100000000]', ['n', 100_000_000]],
      ['[100000,0]', ['n', 'k']],
    ] as const) {
      assert.equal(read(shape, [...dims]).inputs.x?.data.length, 0);
    }
    const tooMuch =
      /input "x": wanted shape .*: (?:without elements at most 100000 rows are taken|its sizes beside 0 make)/;
    for (const [shape, dims] of [
      ['[4294967295,0]', ['n', 'k']],
      ['[100001,0]', null],
      ['[0,4294967295]', ['n', 'k']],
      ['[1,4294967295,0]', ['n', 'm', 'k']],
      [`[1,${'4294967295,'.repeat(40)}0]`, null],
    ] as const) {
      assert.throws(() => read(shape, dims === null ? null : [...dims]), { status: 400, message: tooMuch });
    }
  });

  it('either reads or refuses whatever bytes it is given', () => {
    const whole = Buffer.from(`{"id":"x","inputs":[${A},${B}],"outputs":[{"name":"sum"}]}`);
    const signature = makeSignature(makePlan(TWO_BY_TWO));
    const edits = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.integer({ min: 0, max: 255 })), { maxLength: 4 });
    fc.assert(
      fc.property(edits, fc.nat(whole.length), (changes, length) => {
        const body = Buffer.from(whole.subarray(0, changes.length % 2 === 0 ? whole.length : length));
        for (const [place, byte] of changes) if (place < body.length) body[place] = byte;
        try {
          decodeInferenceRequest(body, signature);
        } catch (error) {
          assert.ok(error instanceof RequestError && error.status === 400, String(error));
        }
      }),
      { numRuns: 5000 },
    );
  });

  it('takes any shape where the model leaves the rank open', () => {
    const open: PlanFacts = { inputs: [['x', 'float', null]], outputs: [] };
    const { inputs } = decode('{"inputs":[{"name":"x","shape":[1,1,2],"datatype":"FP32","data":[[[1,2]]]}]}', open);
    assert.deepEqual(inputs.x?.dims, [1, 1, 2]);
  });

  it('refuses at the plan what the binding cannot carry', () => {
    for (const type of ['int4', 'uint4']) {
      const plan = makePlan(identity('int8'));
      const tensor = { name: 'x', elementType: type as 'int8', shape: [1] };
      assert.throws(() => makeSignature({ ...plan, model: { ...plan.model, outputs: [tensor] } }), {
        message: /does not carry/,
      });
    }
  });
});
