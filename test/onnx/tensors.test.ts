import assert from 'node:assert/strict';
import { ELEMENT_TYPES } from '../../src/onnx/element-types.ts';
import { encodeModel } from '../../src/onnx/encode-model.ts';
import type { ElementType, Tensor } from '../../src/onnx/model.ts';
import { readModel } from '../../src/onnx/read-model.ts';
import { readTensorBytes, readTensorValues } from '../../src/onnx/read-tensor.ts';
import { SMALL_FLOATS, smallFloatToNumber } from '../../src/onnx/small-floats.ts';
import { elementCount, tensorBytes } from '../../src/onnx/tensor-size.ts';
import { field, fileOf, intField, scratchFolder } from './bytes.ts';
import { graphOf, modelOf, tensorOf } from './parts.ts';

describe('the size of a tensor', () => {
  const sizes: readonly (readonly [dims: readonly number[], elements: number | null])[] = [
    [[], 1],
    [[2, 3], 6],
    [[0, 2 ** 62], 0],
    [[-1, 3], null],
    [[0, -1], null],
    [[2 ** 32, 2 ** 32], null],
    [[2 ** 26, 2 ** 26], 2 ** 52],
    [[Number.NaN], null],
  ];
  for (const [dims, elements] of sizes) {
    it(`is ${elements} elements for [${dims}]`, () => assert.equal(elementCount(dims), elements));
  }

  const bytes: readonly (readonly [type: ElementType, dims: readonly number[], bytes: number | null])[] = [
    ['float', [3], 12],
    ['complex128', [2], 32],
    ['bool', [9], 9],
    ['int4', [3], 2],
    ['uint2', [5], 2],
    ['float6e2m3', [5], 4],
    ['float4e2m1', [], 1],
    ['double', [2 ** 50], null],
    ['string', [1], null],
    ['undefined', [1], null],
  ];
  for (const [type, dims, size] of bytes) {
    it(`is ${size} bytes for ${type}[${dims}]`, () => assert.equal(tensorBytes(type, dims), size));
  }
});

describe('the values of a tensor', () => {
  const folder = scratchFolder();
  const values: readonly (readonly [type: ElementType, hex: string, values: readonly (number | bigint | boolean)[]])[] =
    [
      ['float', '0000c03f', [1.5]],
      ['double', '000000000000f0bf', [-1]],
      ['float16', '003c00fc0100', [1, Number.NEGATIVE_INFINITY, 2 ** -24]],
      ['bfloat16', '803fc07f', [1, Number.NaN]],
      ['int8', 'ff7f', [-1, 127]],
      ['uint16', 'ffff', [65_535]],
      ['int16', 'ffff', [-1]],
      ['int32', 'feffffff', [-2]],
      ['uint32', 'feffffff', [2 ** 32 - 2]],
      ['int64', 'ffffffffffffff7f', [2n ** 63n - 1n]],
      ['uint64', 'ffffffffffffffff', [2n ** 64n - 1n]],
      ['bool', '0002', [false, true]],
      ['complex64', '0000803f00000040', [1, 2]],
      ['uint4', '7f01', [15, 7, 1]],
      ['int4', '7f08', [-1, 7, -8]],
      ['uint2', 'e4', [0, 1, 2, 3]],
      ['int2', 'e4', [0, 1, -2, -1]],
      ['float8e4m3fn', '387f80', [1, Number.NaN, -0]],
      ['float8e4m3fnuz', '4080', [1, Number.NaN]],
      ['float8e5m2', '3c7cfd', [1, Number.POSITIVE_INFINITY, Number.NaN]],
      ['float8e5m2fnuz', '4080', [1, Number.NaN]],
      ['float8e8m0', '7f80ff', [1, 2, Number.NaN]],
      ['float4e2m1', '2f01', [-6, 1, 0.5]],
      ['float6e2m3', 'c80700', [1, 7.5, 0]],
      ['float6e3m2', '0cfc01', [1, -2, 28]],
    ];
  for (const [elementType, hex, wanted] of values) {
    it(`are decoded from ${elementType}`, () => {
      const raw = Buffer.from(hex, 'hex');
      const isComplex = elementType === 'complex64';
      const dims = [isComplex ? wanted.length / 2 : wanted.length];
      const tensor = tensorOf('t', { elementType, dims, data: { kind: 'memory', bytes: raw } });
      assert.deepEqual(readTensorValues(modelOf(), tensor).values, wanted);
    });
  }

  it('are those of every code, as the formats define them', () => {
    const largest = {
      float8e4m3fn: 448,
      float8e4m3fnuz: 240,
      float8e5m2: 57_344,
      float8e5m2fnuz: 57_344,
      float6e2m3: 7.5,
      float6e3m2: 28,
      float4e2m1: 6,
      float16: 65_504,
    };
    for (const [name, maximum] of Object.entries(largest)) {
      const format = SMALL_FLOATS[name as keyof typeof SMALL_FLOATS];
      const all = Array.from({ length: 2 ** format.bits }, (_, code) => smallFloatToNumber(code, format));
      assert.equal(Math.max(...finite(all)), maximum, name);
      assert.equal(Math.min(...finite(all)), -maximum, name);
    }
  });

  const wrong: readonly (readonly [what: string, tensor: Partial<Tensor>, code: string])[] = [
    ['too few bytes', { dims: [3], data: { kind: 'memory', bytes: new Uint8Array(8) } }, 'onnx/tensor-data'],
    ['too many bytes', { dims: [1], data: { kind: 'memory', bytes: new Uint8Array(8) } }, 'onnx/tensor-data'],
    ['no data', { dims: [1] }, 'onnx/tensor-data'],
    ['a negative dimension', { dims: [-1] }, 'onnx/tensor-data'],
    ['dimensions without a product', { dims: [2 ** 40, 2 ** 40] }, 'onnx/tensor-data'],
    ['more elements than were asked for', { dims: [2 ** 20] }, 'onnx/tensor-too-large'],
    [
      'strings as raw bytes',
      { elementType: 'string', dims: [1], data: { kind: 'memory', bytes: new Uint8Array(1) } },
      'onnx/tensor-data',
    ],
    [
      'fewer strings than dimensions',
      { elementType: 'string', dims: [2], data: { kind: 'memory-strings', values: [] } },
      'onnx/tensor-data',
    ],
    ['an undefined type', { elementType: 'undefined', dims: [1] }, 'onnx/tensor-data'],
  ];
  for (const [what, parts, code] of wrong) {
    it(`are refused with ${what}`, () => {
      assert.throws(() => readTensorValues(modelOf(), tensorOf('t', parts)), { code, exit: 1 });
    });
  }

  it('are refused where they stand in the field of another type', () => {
    const tensor = field(5, intField(1, 1), intField(2, 7), field(4, new Uint8Array(4)));
    const model = readModel(fileOf(folder, field(7, tensor)));
    const [first] = model.graph.initializers;
    assert.ok(first);
    assert.throws(() => readTensorValues(model, first), { message: /stands in float_data; wanted int64_data/ });
  });

  it('come with a limit in bytes as well', () => {
    const tensor = tensorOf('t', { dims: [4], data: { kind: 'memory', bytes: new Uint8Array(16) } });
    assert.throws(() => readTensorBytes(modelOf(), tensor, { limit: 15 }), { code: 'onnx/tensor-too-large' });
    assert.equal(readTensorBytes(modelOf(), tensor, { limit: 16 }).length, 16);
  });

  it('of 64-bit integers are counted without being read when the model is', () => {
    const count = 300_000;
    const tensor = field(5, intField(1, count), intField(2, 7), field(7, new Uint8Array(count).fill(1)));
    const model = readModel(fileOf(folder, field(7, tensor)), { limits: { fileReads: 4 } });
    const [first] = model.graph.initializers;
    assert.ok(first?.data.kind === 'typed');
    assert.equal(first.data.count, count);
    assert.equal(readTensorBytes(model, first).length, 8 * count);
  });

  it('survive being written and read again, for every type', () => {
    for (const [name, { bits }] of Object.entries(ELEMENT_TYPES)) {
      if (bits === 0) continue;
      const elementType = name as ElementType;
      const data = Uint8Array.from({ length: tensorBytes(elementType, [7]) ?? 0 }, (_, index) => index * 89);
      const tensor = tensorOf('t', { elementType, dims: [7], data: { kind: 'memory', bytes: data } });
      const model = readModel(fileOf(folder, encodeModel(modelOf({ graph: graphOf({ initializers: [tensor] }) }))));
      const [read] = model.graph.initializers;
      assert.ok(read);
      assert.deepEqual(readTensorValues(model, read), readTensorValues(modelOf(), tensor), name);
    }
  });
});

function finite(values: readonly number[]): readonly number[] {
  return values.filter(Number.isFinite);
}
