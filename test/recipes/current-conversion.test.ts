import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digestOf } from '../../src/nouns/digest.ts';
import { writeConversion } from '../../src/project/conversion-file.ts';
import { type Project, readUnconverted } from '../../src/project/read-project.ts';
import { CONVERTER, currentConversion } from '../../src/recipes/current-conversion.ts';

describe('currentConversion', () => {
  let folder: string;
  let project: Project;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'plimsoll-current-'));
    writeFileSync(join(folder, 'plimsoll.yaml'), 'model: { from: pytorch, source: "networks.small:trained" }\n');
    writeFileSync(join(folder, 'model.onnx'), 'the model');
    project = await readUnconverted(folder, folder);
    await writeConversion(project.modelPath, {
      schema: 'plimsoll.conversion/1',
      converter: CONVERTER,
      framework: { name: 'pytorch', version: '2.15.0' },
      route: 'dynamo',
      opsets: { 'ai.onnx': 21 },
      inputs: {},
      model: digestOf('the model'),
      samples: 'made',
      failedRoutes: [],
      parity: [],
      float32Cost: null,
    });
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('is what was kept, also where a module is a folder and no file of its name was ever there', async () => {
    assert.equal((await currentConversion(project))?.route, 'dynamo');
  });

  it('is none once a named file has come', async () => {
    mkdirSync(join(folder, 'networks'));
    writeFileSync(join(folder, 'networks', 'small.py'), '');
    assert.equal(await currentConversion(project), undefined);
  });

  it('is none where the model is another one', async () => {
    writeFileSync(project.modelPath, 'another');
    assert.equal(await currentConversion(project), undefined);
  });
});
