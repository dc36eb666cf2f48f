import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeModel } from '../../../src/onnx/encode-model.ts';
import { readModel } from '../../../src/onnx/read-model.ts';
import { contentNames } from '../../../src/validate/rules/content-names.ts';
import { model, node, weight } from '../../support/model-builder.ts';

const filled = (text: string, fill: number) => {
  const zeros = weight(text);
  if (zeros.data.kind !== 'memory') throw new TypeError(text);
  return { ...zeros, data: { kind: 'memory', bytes: new Uint8Array(zeros.data.bytes.length).fill(fill) } } as const;
};

describe('The content of weights', () => {
  let folder = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'plimsoll-content-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const namesOf = (initializers: readonly ReturnType<typeof weight>[]) => {
    const path = join(folder, 'model.onnx');
    writeFileSync(path, encodeModel(model({ inputs: ['float[2] x'], nodes: [node('y = Relu(x)')], initializers })));
    const names = contentNames(readModel(path));
    return new Map([...names].map(([tensor, name]) => [tensor.name, name]));
  };

  it('has one name where type, dimensions and elements are equal', () => {
    const names = namesOf([filled('float[300] a', 7), filled('float[300] b', 7), filled('float[300] c', 8)]);
    assert.equal(names.get('a'), names.get('b'));
    assert.notEqual(names.get('a'), names.get('c'));
  });

  it('is not looked at where no other weight has the type and dimensions', () => {
    assert.deepEqual(
      [...namesOf([filled('float[300] a', 7), filled('float[3,100] b', 7), filled('int32[300] c', 7)])],
      [],
    );
  });

  it('is not read where weights are large', () => {
    assert.deepEqual([...namesOf([filled('float[1024,300] a', 7), filled('float[1024,300] b', 7)])], []);
  });
});
