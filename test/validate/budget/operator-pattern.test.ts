import assert from 'node:assert/strict';
import { operatorTest } from '../../../src/validate/budget/operator-pattern.ts';

const ROWS: readonly (readonly [pattern: string, operator: string, isMeant: boolean])[] = [
  ['Loop', 'ai.onnx:Loop', true],
  ['ai.onnx:Loop', 'ai.onnx:Loop', true],
  ['Loop', 'com.microsoft:Loop', false],
  ['Random*', 'ai.onnx:RandomNormalLike', true],
  ['*Like', 'ai.onnx:RandomNormalLike', true],
  ['R*m*Like', 'ai.onnx:RandomNormalLike', true],
  ['*Normal*Normal*', 'ai.onnx:RandomNormalLike', false],
  ['Ab*ba', 'ai.onnx:Aba', false],
  ['com.microsoft:*', 'com.microsoft:FastGelu', true],
  ['com.*:*', 'com.microsoft:FastGelu', true],
  ['com.microsoft:*', 'ai.onnx:Gelu', false],
  ['*', 'com.microsoft:FastGelu', true],
];

describe('A pattern of operators', () => {
  for (const [pattern, operator, isMeant] of ROWS) {
    it(`${pattern} ${isMeant ? 'means' : 'does not mean'} ${operator}`, () => {
      const [domain = '', opType = ''] = operator.split(':');
      assert.equal(operatorTest(pattern)({ domain: domain === 'ai.onnx' ? '' : domain, opType }), isMeant);
    });
  }

  it('is matched in linear time', () => {
    const matches = operatorTest(`${'a*'.repeat(2000)}b`);
    assert.equal(matches({ domain: '', opType: 'a'.repeat(100_000) }), false);
  }).timeout(2000);
});
