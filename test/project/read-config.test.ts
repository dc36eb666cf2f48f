import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Failure } from '../../src/nouns/failure.ts';
import { parseConfig, readConfig } from '../../src/project/read-config.ts';

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
      /serve\.zebra: unknown key; known here: profile, concurrency, batching, queue/,
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
    ['a bound in words', 'model: m.onnx\nbounds: { batch: many }\n', /bounds\.batch: wanted a number, without quotes$/],
    ['half a bound', 'model: m.onnx\nbounds: { batch: 1.5 }\n', /bounds\.batch: wanted a whole number$/],
    ['a key with two letters swapped', 'mdoel: m.onnx\n', /mdoel: unknown key; did you mean model\?/],
    [
      'a group where a size belongs',
      'model: m.onnx\nbudget: { memory: {} }\n',
      /memory: found a group of keys; wanted a size/,
    ],
    ['an empty name of a model', 'model: ""\n', /model: wanted a text that is not empty/],
    ['a list where keys belong', '- model\n', /wanted a group of keys$/],
    ['a second document', 'model: m.onnx\n---\nmodel: n.onnx\n', /:2:1: not YAML: a second document begins/],
    ['a tag that nobody knows', 'model: !!js/function m.onnx\n', /:1:8: not YAML: Unresolved tag/],
    ['brackets without an end', '['.repeat(2000), /not YAML: it is nested too deeply/],
    ['text that is no YAML', 'model: "m.onnx\n', /plimsoll\.yaml:\d+:\d+: not YAML/],
    ['a key given twice', 'model: a.onnx\nmodel: b.onnx\n', /not YAML: Map keys must be unique/],
    [
      'a version that YAML took for a number',
      'model: m.onnx\nruntime: { node: 24.2 }\n',
      /runtime\.node: wanted a text; what YAML takes for something else is put in quotes/,
    ],
    [
      'a base without a registry',
      'model: m.onnx\nbase: ubuntu:24.04\n',
      /base: wanted debian, oci:FOLDER, docker:NAME or a reference.*it names no registry/,
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

  it('refuses what is not UTF-8 and takes a byte order mark and the line ends of Windows', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'plimsoll-config-'));
    const file = join(folder, 'plimsoll.yaml');
    try {
      await writeFile(file, Buffer.from('\uFEFFmodel: m.onnx\n', 'utf16le'));
      await assert.rejects(readConfig(file), /plimsoll\.yaml is not text in UTF-8/);
      await writeFile(file, Buffer.from([...Buffer.from('model: '), 0xff, 0xfe]));
      await assert.rejects(readConfig(file), /plimsoll\.yaml is not text in UTF-8/);
      await writeFile(file, '\uFEFFmodel: m.onnx\r\nbudget:\r\n  memory: 256MiB\r\n');
      assert.equal((await readConfig(file)).budget.memory, 2 ** 28);
    } finally {
      await rm(folder, { recursive: true });
    }
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
