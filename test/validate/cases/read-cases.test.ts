import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../../../src/nouns/failure.ts';
import { readModel } from '../../../src/onnx/read-model.ts';
import { judgeStatically } from '../../../src/recipes/judge-statically.ts';
import { caseSignature } from '../../../src/validate/cases/case-signature.ts';
import { readCases, readFirstCase } from '../../../src/validate/cases/read-cases.ts';
import { tensorsOf } from '../../../src/validate/cases/tensor-of-case.ts';
import { testDoor } from '../../commands/door.ts';
import { field, intField, scratchFolder, textField, varint } from '../../onnx/bytes.ts';
import { HAS_CORPUS, unpack } from '../../onnx/corpus.ts';
import { model, weight } from '../../support/model-builder.ts';

const SIGNATURE = caseSignature(
  model({
    inputs: ['float[N,2] x', 'float[2] w', 'int64[1] k', 'seq(float[N]) s'],
    outputs: ['float[N] y'],
    initializers: [weight('float[2] w')],
  }).graph,
);
const JSON_CASE = JSON.stringify({
  schema: 'plimsoll.case/1',
  name: 'json',
  inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2], data: [1, 2] }],
  outputs: [],
});

const FLOAT = 1;
const INT64 = 7;

/** A `TensorProto` with raw data. */
function tensorBytes(name: string, type: number, { dims, raw }: { dims: readonly number[]; raw: ArrayBuffer }): Buffer {
  return Buffer.concat([
    ...dims.map((size) => intField(1, size)),
    intField(2, type),
    textField(8, name),
    field(9, new Uint8Array(raw)),
  ]);
}

const FLOATS = tensorBytes('whatever', FLOAT, { dims: [1, 2], raw: Float32Array.of(0.5, Number.NaN).buffer });
const INTEGERS = tensorBytes('', INT64, { dims: [1], raw: BigInt64Array.of(2n ** 60n).buffer });

describe('readCases', () => {
  const folder = scratchFolder();
  const put = (name: string, files: Readonly<Record<string, Uint8Array | string>>): string => {
    for (const [file, bytes] of Object.entries(files)) {
      mkdirSync(join(folder.path, name, file, '..'), { recursive: true });
      writeFileSync(join(folder.path, name, file), bytes);
    }
    return join(folder.path, name);
  };
  const read = (path: string) => readCases(path, () => SIGNATURE);

  it('reads JSON and test data of ONNX from one folder, the second data set before the tenth', async () => {
    const cases = put('both', {
      'a.json': JSON_CASE,
      'test_data_set_10/input_0.pb': FLOATS,
      'test_data_set_2/input_0.pb': FLOATS,
      'notes.txt': '',
    });
    const found = await read(cases);
    assert.deepEqual(
      found.map(({ name }) => name),
      ['json', 'test_data_set_2', 'test_data_set_10'],
    );
  });

  it('names tensors by the model, its inputs with a default not counted', async () => {
    const cases = put('named/test_data_set_0', {
      'input_0.pb': FLOATS,
      'input_1.pb': INTEGERS,
      'output_0.pb': tensorBytes('', FLOAT, { dims: [1], raw: Float32Array.of(3).buffer }),
    });
    const found = await readFirstCase(join(cases, '..'), () => SIGNATURE);
    assert.deepEqual(found.inputs, [
      { name: 'x', datatype: 'FP32', shape: [1, 2], data: [0.5, Number.NaN] },
      { name: 'k', datatype: 'INT64', shape: [1], data: ['1152921504606846976'] },
    ]);
    assert.deepEqual(found.outputs, [{ name: 'y', datatype: 'FP32', shape: [1], data: [3] }]);
    assert.deepEqual(found.tolerance, { y: { relative: 1e-3, absolute: 1e-7 } });
    assert.deepEqual(tensorsOf(found.inputs).get('k')?.data, BigInt64Array.of(2n ** 60n));
    assert.deepEqual(await readFirstCase(cases, () => SIGNATURE), found);
  });

  it('reads what JSON has no numbers for by its name, as the server does', async () => {
    const folder = put('missing', { 'a.json': JSON_CASE.replace('"data":[1,2]', '"data":["NaN","-Infinity"]') });
    const [one] = await read(folder);
    assert.deepEqual(
      tensorsOf(one?.inputs ?? []).get('x')?.data,
      Float32Array.of(Number.NaN, Number.NEGATIVE_INFINITY),
    );
  });

  for (const element of ['"nan"', '"1"', 'true', '""']) {
    it(`refuses ${element} among floats, which would be taken for a number without a word`, async () => {
      const folder = put('texts', { 'a.json': JSON_CASE.replace('"data":[1,2]', `"data":[1,${element}]`) });
      await assert.rejects(read(folder), (error) => error instanceof Failure && /which is no FP32/.test(error.message));
    });
  }

  const refusals: readonly [title: string, files: Readonly<Record<string, Uint8Array | string>>, message: RegExp][] = [
    ['nothing', { 'notes.txt': '' }, /holds no \*\.json file and no test_data_set folder/],
    ['no JSON', { 'a.json': '{' }, /a\.json is not JSON/],
    [
      'an input that the model lacks',
      { 'test_data_set_0/input_7.pb': FLOATS },
      /input_7\.pb is input 7; the model has 3/,
    ],
    [
      'a tensor for a sequence',
      { 'test_data_set_0/input_2.pb': FLOATS },
      /is for "s", which is no tensor \(sequence\)/,
    ],
    ['text in place of a tensor', { 'test_data_set_0/input_0.pb': 'not a tensor' }, /input_0\.pb is no tensor/],
    ['a tensor that is cut', { 'test_data_set_0/input_0.pb': FLOATS.subarray(0, 20) }, /input_0\.pb is no tensor/],
    [
      'a tensor whose data are outside',
      {
        'test_data_set_0/input_0.pb': Buffer.concat([
          intField(2, FLOAT),
          field(13, textField(1, 'location'), textField(2, '/etc/passwd')),
          intField(14, 1),
        ]),
      },
      /input_0\.pb is no tensor/,
    ],
    [
      'a tensor that claims to be endless',
      {
        'test_data_set_0/input_0.pb': Buffer.concat([intField(1, 2n ** 40n), intField(2, FLOAT), field(9, varint(0))]),
      },
      /input_0\.pb is no tensor/,
    ],
    [
      'a type that no request has',
      { 'test_data_set_0/input_0.pb': tensorBytes('', 16, { dims: [1], raw: new ArrayBuffer(2) }) },
      /is of type bfloat16, which no request can carry/,
    ],
  ];
  for (const [title, files, message] of refusals) {
    it(`refuses ${title}`, async () => {
      const cases = put(title.replaceAll(' ', '-'), files);
      await assert.rejects(read(cases), (error: unknown) => error instanceof Failure && message.test(error.message));
    });
  }

  it('lets lint say which inputs the test data leave out', async () => {
    const project = put('project', {
      'plimsoll.yaml': `model: ${join(process.cwd(), 'test/server/fixtures/gather.onnx')}\ncases: .\n`,
      'test_data_set_0/output_0.pb': FLOATS,
    });
    const report = await judgeStatically(project, testDoor().machine);
    const unfed = report.findings.filter(({ rule }) => rule === 'production/unfed-input');
    assert.equal(unfed.length, report.model.inputs.length);
  });

  it('reads all test data of the public corpus that a server can be sent', async function () {
    this.timeout(60_000);
    if (!HAS_CORPUS) this.skip();
    const corpus = join(folder.path, 'corpus');
    await unpack('bundles/onnx-backend-node.shared.tar.gz', corpus);
    const tests = join(corpus, 'onnx-backend', 'node');
    const refused: Record<string, number> = {};
    let found = 0;
    for (const test of readdirSync(tests)) {
      const path = join(tests, test);
      const why = await readCases(path, () => caseSignature(readModel(join(path, 'model.onnx')).graph)).then(
        ({ length }) => {
          found += length;
        },
        (error: Error) =>
          / which is no tensor \((\w+)\)| of type (\w+),/.exec(error.message)?.slice(1).join('') ?? error.message,
      );
      if (why !== undefined) refused[why] = (refused[why] ?? 0) + 1;
    }
    assert.ok(found > 1000, `${found}`);
    const carried = /^(sequence|optional|map|undefined|bfloat16|complex\d+|u?int[24]|float[468]e\w+)$/;
    assert.deepEqual(
      Object.keys(refused).filter((why) => !carried.test(why)),
      [],
    );
  });
});
