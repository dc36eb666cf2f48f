import assert from 'node:assert/strict';
import { Failure } from '../../src/nouns/failure.ts';
import { parseConfig } from '../../src/project/read-config.ts';

describe('plimsoll.yaml', () => {
  it('gives every setting its default', () => {
    const config = parseConfig('model: model.onnx\n', 'plimsoll.yaml');
    assert.deepEqual(config.platforms, ['linux/amd64', 'linux/arm64']);
    assert.equal(config.serve.queue, 256);
    assert.equal(config.budget.memory, undefined);
  });

  it('reads sizes into bytes', () => {
    const config = parseConfig('model: m.onnx\nbudget: { memory: 256MiB, image: 80MB }\n', 'plimsoll.yaml');
    assert.deepEqual([config.budget.memory, config.budget.image], [268435456, 80000000]);
  });

  const refused: readonly [string, string, RegExp][] = [
    ['no model', 'name: a\n', /plimsoll\.yaml: model: missing/],
    ['an empty file', '', /model: missing/],
    [
      'a misspelt key',
      'model: m.onnx\nbudgets: {}\n',
      /plimsoll\.yaml:2:1: budgets: unknown key; did you mean budget\?/,
    ],
    [
      'a misspelt nested key',
      'model: m.onnx\nbudget:\n  memroy: 1MiB\n',
      /:3:3: budget\.memroy: unknown key; did you mean memory\?/,
    ],
    [
      'a key unlike any other',
      'model: m.onnx\nserve: { zebra: 1 }\n',
      /serve\.zebra: unknown key; known here: profile, queue/,
    ],
    [
      'a size without a unit',
      'model: m.onnx\nbudget: { memory: 256 }\n',
      /:2:11: budget\.memory: 256 has no unit; write 256MiB/,
    ],
    ['a negative size', 'model: m.onnx\nbudget: { memory: -1 }\n', /budget\.memory: -1 is not a size/],
    ['a unit nobody knows', 'model: m.onnx\nbudget: { memory: 256 megs }\n', /"megs" is not a unit of size/],
    ['a size beyond numbers', 'model: m.onnx\nbudget: { memory: 1e400GiB }\n', /"1e400GiB" is not a size/],
    [
      'a platform nobody builds',
      'model: m.onnx\nplatforms: [linux/riscv64]\n',
      /platforms\.0: wanted "linux\/amd64" or "linux\/arm64"/,
    ],
    ['a bound of zero', 'model: m.onnx\nbounds: { batch: 0 }\n', /bounds\.batch: wanted a number above zero/],
    ['a bound in words', 'model: m.onnx\nbounds: { batch: many }\n', /bounds\.batch: wanted a number/],
    ['a list where keys belong', '- model\n', /wanted a group of keys/],
    ['text that is no YAML', 'model: "m.onnx\n', /plimsoll\.yaml:\d+:\d+: not YAML/],
    ['a key given twice', 'model: a.onnx\nmodel: b.onnx\n', /not YAML: Map keys must be unique/],
    [
      'a version that YAML took for a number',
      'model: m.onnx\nruntime: { node: 24.2 }\n',
      /runtime\.node: wanted a string/,
    ],
    ['a name that no image can have', 'name: My Model\nmodel: m.onnx\n', /name: wanted lower-case letters/],
  ];
  for (const [what, text, why] of refused) {
    it(`refuses ${what} and says where and why`, () => {
      assert.throws(
        () => parseConfig(text, 'plimsoll.yaml'),
        (error) => error instanceof Failure && error.exit === 2 && why.test(error.message) && error.mend.length > 0,
      );
    });
  }

  it('names every problem at once', () => {
    assert.throws(
      () => parseConfig('modle: a\nbudget: { memory: 1 }\n', 'plimsoll.yaml'),
      /modle[\s\S]*memory|memory[\s\S]*modle/,
    );
  });

  it('is not blown up by aliases', () => {
    const bomb = [
      'a: &a [x,x,x,x,x,x,x,x,x]',
      ...'bcdefgh'
        .split('')
        .map((letter, index) => `${letter}: &${letter} [${Array(9).fill(`*${'abcdefg'[index]}`).join(',')}]`),
    ];
    assert.throws(() => parseConfig(bomb.join('\n'), 'plimsoll.yaml'), Failure);
  });
});
