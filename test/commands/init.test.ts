import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { parseDocument } from 'yaml';
import type { Door, Flags } from '../../src/commands/command.ts';
import { initCommand } from '../../src/commands/init.ts';
import type { Failure } from '../../src/nouns/failure.ts';
import type { Framework } from '../../src/nouns/model-source.ts';
import { writeModel } from '../../src/onnx/write-model.ts';
import { readConfig } from '../../src/project/read-config.ts';
import { judgeStatically } from '../../src/recipes/judge-statically.ts';
import { model, node } from '../support/model-builder.ts';
import { testDoor } from './door.ts';

describe('plimsoll init', () => {
  let folder: string;
  const at = (name: string) => join(folder, name);
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'plimsoll-init-'));
    await writeModel(
      model({
        inputs: ['float[batch,seq_len,4] x'],
        outputs: ['float[batch,seq_len,4] y'],
        nodes: [node('y = Relu(x)')],
      }),
      at('fraud.onnx'),
    );
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const init = async (path: string, flags: Flags = {}, parts: Partial<Door> = {}) => {
    const told: string[] = [];
    const door = testDoor({ tell: (line) => void told.push(line), ...parts });
    const exit = await initCommand.run(path, flags, { ...door, machine: { ...door.machine, workingFolder: folder } });
    return { exit, told, printed: door.printed };
  };

  it('writes a configuration that lint passes at once, with a bound for each open dimension', async () => {
    const { exit, printed, told } = await init('fraud.onnx');
    assert.deepEqual([exit, printed], [0, ['plimsoll.yaml', '.gitignore']]);
    assert.ok(told.includes('next: plimsoll lint ., plimsoll package .'));
    const { name, model: file, bounds } = await readConfig(at('plimsoll.yaml'));
    assert.deepEqual([name, file, bounds], ['fraud', 'fraud.onnx', { batch: 32, seq_len: 128 }]);
    const { verdict, findings } = await judgeStatically(folder, testDoor().machine);
    assert.deepEqual([verdict, findings.filter(({ severity }) => severity !== 'note')], ['pass', []]);
  });

  it('finds the one model of a folder, and takes what is given over what it proposes', async () => {
    await init('.', { bound: ['batch=4', 'inner=7'], memory: '64MiB' });
    const { bounds, budget } = await readConfig(at('plimsoll.yaml'));
    assert.deepEqual([bounds, budget.memory], [{ batch: 4, seq_len: 128, inner: 7 }, 64 * 2 ** 20]);
  });

  it('asks for each bound on a terminal, again after an answer that is none, and takes silence for what is proposed', async () => {
    const answers = ['many', '8', ''];
    const asked: string[] = [];
    const ask = async (question: string) => {
      asked.push(question);
      return answers.shift() ?? assert.fail('asked too often');
    };
    await init('fraud.onnx', {}, { ask });
    assert.deepEqual((await readConfig(at('plimsoll.yaml'))).bounds, { batch: 8, seq_len: 128 });
    assert.deepEqual(asked[2], 'Largest seq_len, dimension 1 of x [128]? ');
    await init('fraud.onnx', { yes: true, force: true }, { ask });
  });

  it('overwrites nothing unless told to, and then keeps what Git ignores already', async () => {
    writeFileSync(at('.gitignore'), 'secrets');
    writeFileSync(at('plimsoll.yaml'), 'mine');
    await assert.rejects(
      init('.'),
      (error: Failure) => error.code === 'init/exists' && error.message.includes('plimsoll.yaml'),
    );
    assert.deepEqual(
      [readFileSync(at('plimsoll.yaml'), 'utf8'), readFileSync(at('.gitignore'), 'utf8')],
      ['mine', 'secrets'],
    );
    await init('.', { force: true });
    assert.equal(readFileSync(at('.gitignore'), 'utf8'), 'secrets\n/image/\n/image.documents/\n');
    await init('.', { force: true });
    assert.equal(readFileSync(at('.gitignore'), 'utf8'), 'secrets\n/image/\n/image.documents/\n');
  });

  it('keeps hostile names of dimensions and files on their line', async () => {
    const name = 'a: b # c\u202E';
    await writeModel(
      model({ inputs: ['float[batch,4] x'], outputs: ['float[batch,4] y'], nodes: [node('y = Relu(x)')] }),
      at('yes #1.onnx'),
    );
    await init('yes #1.onnx', { bound: [`${name}=3`] });
    const { bounds, model: file } = await readConfig(at('plimsoll.yaml'));
    assert.deepEqual([file, bounds], ['yes #1.onnx', { batch: 32, [name]: 3 }]);
  });

  it('bounds the length of texts, which no dimension says', async () => {
    await writeModel(
      model({ inputs: ['string[rows] note'], outputs: ['string[rows] same'], nodes: [node('same = Identity(note)')] }),
      at('texts.onnx'),
    );
    await init('texts.onnx');
    assert.deepEqual((await readConfig(at('plimsoll.yaml'))).bounds, { rows: 32, 'note[letters]': 10_000 });
    const { verdict, findings } = await judgeStatically(folder, testDoor().machine);
    assert.deepEqual([verdict, findings.filter(({ severity }) => severity !== 'note')], ['pass', []]);
  });

  it('takes cases that are there', async () => {
    mkdirSync(at('test_data_set_0'));
    await init('.');
    assert.equal((await readConfig(at('plimsoll.yaml'))).cases, '.');
  });

  const sources: readonly { file: string; content: string; from: Framework; source?: string }[] = [
    { file: 'trees.txt', content: 'tree\nversion=v4\n', from: 'lightgbm' },
    { file: 'trees.cbm', content: 'CBM1....', from: 'catboost' },
    { file: 'train.py', content: 'import sklearn\nfrom xgboost import XGBClassifier\n', from: 'xgboost' },
    { file: 'net.py', content: 'import torch\n\ndef trained():\n  pass\n', from: 'pytorch', source: 'net:trained' },
    { file: 'forest.pkl', content: '\u0080\u0004', from: 'sklearn' },
  ];
  for (const { file, content, from, source = file } of sources) {
    it(`takes ${file} for ${from}, to be converted`, async () => {
      writeFileSync(at(file), content, 'latin1');
      await init(file, { allowCode: true });
      const { model: made } = await readConfig(at('plimsoll.yaml'));
      assert.ok(typeof made === 'object');
      assert.deepEqual([made.from, made.source, made.allowCode], [from, source, file.endsWith('.pkl')]);
    });
  }

  it('lets no pickle run code unless the user says so, and says where to', async () => {
    writeFileSync(at('forest.pkl'), Buffer.from([0x80, 4]));
    const { told } = await init('forest.pkl');
    const { model: made } = await readConfig(at('plimsoll.yaml'));
    assert.ok(typeof made === 'object' && !made.allowCode);
    assert.ok(told.some((line) => line.includes('allowCode')));
  });

  const refusals: readonly {
    title: string;
    files?: Readonly<Record<string, string>>;
    path: string;
    code: string;
    mend: RegExp;
  }[] = [
    { title: 'what is not there', path: 'none.onnx', code: 'init/no-model', mend: /plimsoll init model\.onnx/ },
    { title: 'an empty path', path: '', code: 'init/no-model', mend: /Name the model/ },
    {
      title: 'several models',
      files: { 'b.onnx': '' },
      path: '.',
      code: 'init/several-models',
      mend: /plimsoll init .*b\.onnx/,
    },
    {
      title: 'a text',
      files: { 'notes.md': 'hello' },
      path: 'notes.md',
      code: 'convert/unknown-artefact',
      mend: /\.skops/,
    },
    {
      title: 'a script of no framework',
      files: { 'a.py': 'import os' },
      path: 'a.py',
      code: 'init/unknown-script',
      mend: /--from sklearn/,
    },
    {
      title: 'a script without a function',
      files: { 'a.py': 'import torch' },
      path: 'a.py',
      code: 'init/no-function',
      mend: /a:FUNCTION/,
    },
  ];
  for (const { title, files = {}, path, code, mend } of refusals) {
    it(`refuses ${title}, and says how to go on`, async () => {
      for (const [name, text] of Object.entries(files)) writeFileSync(at(name), text);
      await assert.rejects(init(path), (error: Failure) => error.code === code && mend.test(error.mend));
      assert.ok(!existsSync(at('plimsoll.yaml')));
    });
  }

  const hosts: readonly { host: string; remote: string; file: string }[] = [
    { host: 'GitHub', remote: 'git@github.com:team/model.git', file: `.github/workflows/plimsoll-fraud.yml` },
    { host: 'GitLab', remote: 'https://gitlab.example/team/model', file: '.gitlab-ci.yml' },
  ];
  for (const { host, remote, file } of hosts) {
    it(`writes a workflow for ${host} where the remote is there, at the root of the repository`, async () => {
      mkdirSync(at('models/fraud'), { recursive: true });
      mkdirSync(at('.git'));
      writeFileSync(at('.git/config'), `[remote "origin"]\n\turl = ${remote}\n`);
      writeFileSync(at('models/fraud/model.onnx'), readFileSync(at('fraud.onnx')));
      const { printed } = await init('models/fraud');
      assert.ok(printed.includes(file), printed.join());
      const text = readFileSync(at(file), 'utf8');
      assert.deepEqual(parseDocument(text).errors, []);
      assert.ok(text.includes('models/fraud'));
    });
  }

  it('leaves a pipeline alone that is there, and says how to take in its own', async () => {
    writeFileSync(at('.gitlab-ci.yml'), 'stages: []\n');
    const { told } = await init('.', { ci: 'gitlab' });
    assert.equal(readFileSync(at('.gitlab-ci.yml'), 'utf8'), 'stages: []\n');
    assert.ok(told.some((line) => line.includes('include: { local:')));
  });

  it('calls a model.onnx by its folder', async () => {
    rmSync(at('fraud.onnx'));
    await writeModel(
      model({ inputs: ['float[2] x'], outputs: ['float[2] y'], nodes: [node('y = Relu(x)')] }),
      at('model.onnx'),
    );
    await init('.');
    const { name, bounds } = await readConfig(at('plimsoll.yaml'));
    assert.deepEqual(
      [name, bounds],
      [
        basename(folder)
          .toLowerCase()
          .replace(/[^a-z0-9]+/g, '-'),
        {},
      ],
    );
  });
});
