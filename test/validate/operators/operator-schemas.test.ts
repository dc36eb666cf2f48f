import assert from 'node:assert/strict';
import {
  newestOpset,
  operatorNames,
  runtimeLimits,
  schemaFor,
  schemaHistory,
} from '../../../src/validate/operators/operator-schemas.ts';

describe('Operator schemas', () => {
  it('give the version in force under an opset', () => {
    const since = [1, 10, 11, 21, 22, 26].map((opset) => schemaFor({ domain: '', name: 'Conv' }, opset)?.since);
    assert.deepEqual(since, [1, 1, 11, 11, 22, 22]);
  });

  it('have nothing before an operator came', () => {
    assert.equal(schemaFor({ domain: '', name: 'Gelu' }, 19), undefined);
    assert.equal(schemaFor({ domain: '', name: 'Gelu' }, 20)?.since, 20);
  });

  it('tell optional and variadic parameters apart', () => {
    const clip = schemaFor({ domain: '', name: 'Clip' }, 13);
    assert.deepEqual(
      clip?.inputs.map(({ name, option }) => `${name} ${option}`),
      ['input single', 'min optional', 'max optional'],
    );
    assert.deepEqual(schemaFor({ domain: '', name: 'Concat' }, 13)?.inputCount, { least: 1, most: null });
    assert.equal(schemaFor({ domain: '', name: 'Loop' }, 13)?.inputs.at(-1)?.homogeneous, false);
  });

  it('know required attributes and their kinds', () => {
    const { attributes } = schemaFor({ domain: '', name: 'Concat' }, 13) ?? {};
    assert.deepEqual([...(attributes ?? [])], [['axis', { kind: 'int', required: true }]]);
  });

  it('have operators of the runtime that are no part of the specification', () => {
    assert.equal(schemaFor({ domain: 'com.microsoft', name: 'FastGelu' }, 1)?.since, 1);
    assert.ok(operatorNames('com.microsoft').length > 100);
  });

  it('are not fooled by names of the language', () => {
    for (const name of ['constructor', '__proto__', 'toString']) {
      assert.deepEqual(schemaHistory({ domain: '', name }), []);
      assert.deepEqual(operatorNames(name), []);
    }
  });

  it('say what the runtime takes at most, apart from what the specification has', () => {
    assert.equal(newestOpset(''), 28);
    assert.equal(runtimeLimits().opsets.get(''), 26);
    assert.equal(runtimeLimits().irVersion, 13);
  });
});
