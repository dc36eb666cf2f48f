import assert from 'node:assert/strict';
import type { ValueType } from '../../../src/onnx/model.ts';
import { type OperatorSchema, schemaFor } from '../../../src/validate/operators/operator-schemas.ts';
import { typeAssignment, typeName } from '../../../src/validate/operators/type-assignment.ts';
import { parseTypeName } from '../../../src/validate/operators/type-names.ts';

const tensor = (elementType: 'float' | 'int64'): ValueType => ({ kind: 'tensor', elementType, shape: null });
const schema = (name: string): OperatorSchema => {
  const found = schemaFor({ domain: '', name }, 21);
  assert.ok(found);
  return found;
};

describe('The types that a node settles', () => {
  it('are those of its inputs and outputs, by variable', () => {
    const types = typeAssignment(schema('Cast'), { inputs: [tensor('int64')], outputs: [tensor('float')] });
    assert.deepEqual(types, { T1: 'tensor(int64)', T2: 'tensor(float)' });
  });

  it('come from any of the inputs of a variadic operator', () => {
    const types = typeAssignment(schema('Concat'), { inputs: [null, null, tensor('int64')], outputs: [null] });
    assert.deepEqual(types, { T: 'tensor(int64)' });
  });

  it('leave out what nobody knows', () => {
    assert.deepEqual(typeAssignment(schema('Add'), { inputs: [null], outputs: [] }), {});
  });
});

describe('Names of types', () => {
  for (const name of [
    'tensor(float)',
    'sparse_tensor(int64)',
    'seq(tensor(string))',
    'optional(seq(tensor(bool)))',
    'map(int64, float)',
    'seq(map(string, float))',
  ]) {
    it(`are read and written alike: ${name}`, () => {
      const type = parseTypeName(name);
      assert.ok(type);
      assert.equal(typeName(type), name);
    });
  }

  it('that no model can declare are none', () => {
    assert.equal(parseTypeName('T'), null);
  });
});
