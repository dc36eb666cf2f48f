import assert from 'node:assert/strict';
import type { CaseTensor } from '../../schemas/case.ts';
import type { TensorSignature } from '../../schemas/plan.ts';
import { shapeFaults, symbolSizes } from '../../src/verify/check-shapes.ts';
import { ODDITIES, oddRequest } from '../../src/verify/odd-inputs.ts';

const INPUTS: readonly TensorSignature[] = [{ name: 'x', elementType: 'float', shape: ['batch', 2] }];
const OUTPUTS: readonly TensorSignature[] = [{ name: 'y', elementType: 'float', shape: ['batch', null, 3] }];
const tensor = (name: string, shape: number[], datatype: CaseTensor['datatype'] = 'FP32'): CaseTensor => ({
  name,
  datatype,
  shape,
  data: Array(shape.reduce((product, size) => product * size, 1)).fill(0),
});
const faults = (answer: readonly CaseTensor[]) =>
  shapeFaults(answer, {
    signature: OUTPUTS,
    datatypeOf: () => 'FP32',
    sizes: symbolSizes([tensor('x', [4, 2])], INPUTS),
  });

describe('The shapes of an answer', () => {
  const rows: readonly [string, readonly CaseTensor[], RegExp | null][] = [
    ['are right with the request’s own rows', [tensor('y', [4, 9, 3])], null],
    [
      'are wrong with other rows than the request',
      [tensor('y', [3, 9, 3])],
      /\[3,9,3\], the signature says \[batch, \?, 3\]/,
    ],
    ['are wrong where a fixed size differs', [tensor('y', [4, 9, 2])], /signature/],
    ['are wrong where the rank differs', [tensor('y', [4, 3])], /signature/],
    ['are wrong where the type differs', [tensor('y', [4, 1, 3], 'FP64')], /is FP64, the signature says FP32/],
    ['are wrong where an output is missing', [], /y is missing/],
    ['are wrong where elements are missing', [{ ...tensor('y', [4, 1, 3]), data: [1] }], /1 elements for the shape/],
  ];
  for (const [title, answer, fault] of rows) {
    it(title, () => {
      if (fault === null) assert.deepEqual(faults(answer), []);
      else assert.match(faults(answer).join('\n'), fault);
    });
  }
});

describe('Odd inputs', () => {
  it('are made of what each type can have, and left out where a request has no such type', () => {
    const of = (name: string, request: readonly CaseTensor[]) => {
      const oddity = ODDITIES.find((one) => one.name === name);
      return oddity && oddRequest(request, oddity)?.map(({ data }) => data);
    };
    assert.deepEqual(of('not-a-number', [tensor('x', [2])]), [[Number.NaN, Number.NaN]]);
    assert.deepEqual(of('extremes', [tensor('x', [2], 'INT64')]), [['-9223372036854775808', '9223372036854775807']]);
    assert.deepEqual(of('empty-texts', [tensor('x', [1], 'BYTES')]), [['']]);
    assert.equal(of('empty-texts', [tensor('x', [1])]), undefined);
  });
});
