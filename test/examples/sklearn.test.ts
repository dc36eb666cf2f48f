import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { z } from 'zod';
import { Config } from '../../src/nouns/config.ts';
import type { Model } from '../../src/onnx/model.ts';
import { readModel } from '../../src/onnx/read-model.ts';
import { runtimeFolder } from '../support/runtime.ts';

const FOLDER = fileURLToPath(new URL('../../examples/sklearn/', import.meta.url));
const PROBABILITY_TOLERANCE = 1e-5;

const Strings = <Name extends string>(name: Name) =>
  z.strictObject({
    name: z.literal(name),
    datatype: z.literal('BYTES'),
    shape: z.tuple([z.number()]),
    data: z.array(z.string()),
  });
const Case = z.strictObject({
  schema: z.literal('plimsoll.case/1'),
  name: z.string(),
  inputs: z.tuple([Strings('text')]),
  outputs: z.tuple([
    Strings('label'),
    z.strictObject({
      name: z.literal('probabilities'),
      datatype: z.literal('FP32'),
      shape: z.tuple([z.number(), z.literal(8)]),
      data: z.array(z.number().min(0).max(1)),
    }),
  ]),
  tolerance: z.strictObject({
    probabilities: z.strictObject({ absolute: z.literal(PROBABILITY_TOLERANCE), relative: z.number().optional() }),
  }),
});
type Case = z.infer<typeof Case>;

/** Kinds of text on which an export may part from scikit-learn; at least one ticket must be of each kind. */
const KINDS: Readonly<Record<string, (text: string) => boolean>> = {
  empty: (text) => text === '',
  'nothing but white space': (text) => /^\s+$/u.test(text),
  'nothing but punctuation': (text) => /^[\p{P}\s]+$/u.test(text),
  'nothing but emoji': (text) => /^\p{Extended_Pictographic}+$/u.test(text),
  'line breaks': (text) => text.includes('\r\n') && text.includes('\t'),
  'single letters': (text) => /^(\S )+\S$/u.test(text),
  digits: (text) => /\b404\b/.test(text),
  underscores: (text) => /\w_\w/.test(text),
  apostrophes: (text) => /can't.*can’t/u.test(text),
  dashes: (text) => /–.*—/u.test(text),
  'composed accents': (text) => /é/u.test(text.normalize('NFC')) && text === text.normalize('NFC'),
  'decomposed accents': (text) => /e\u0301/u.test(text),
  'upper-case accents': (text) => /É/u.test(text),
  'the dotted capital I': (text) => text.includes('\u0130'),
  'the Kelvin sign': (text) => text.includes('\u212a'),
  'sharp s': (text) => /ß.*ẞ|ẞ.*ß/u.test(text),
  'fullwidth letters': (text) => /[Ａ-Ｚ]/u.test(text),
  Japanese: (text) => /\p{Script=Katakana}/u.test(text) && /\p{Script=Han}/u.test(text),
  'joined emoji': (text) => /\p{Extended_Pictographic}\u200d\p{Extended_Pictographic}/u.test(text),
  'control characters': (text) => text.includes('\u0001'),
  'more than 8000 characters': (text) => text.length > 8000,
};

describe('The scikit-learn example', () => {
  const config = Config.parse(parse(readFileSync(join(FOLDER, 'plimsoll.yaml'), 'utf8')));
  const modelPath = join(FOLDER, typeof config.model === 'string' ? config.model : config.model.file);
  const cases = readCases(join(FOLDER, config.cases ?? assert.fail('plimsoll.yaml names no cases')));
  const tickets = cases.flatMap((each) => each.inputs[0].data);

  it('holds a model within its own budget', () => {
    assert.ok(statSync(modelPath).size <= (config.budget.model ?? 0));
  });

  it('takes strings along the dimension that plimsoll.yaml bounds', () => {
    const [input, ...others] = readModel(modelPath).graph.inputs;
    assert.equal(others.length, 0);
    assert.equal(input?.name, 'text');
    assert.deepEqual(input.type, { kind: 'tensor', elementType: 'string', shape: ['batch'] });
    assert.deepEqual(Object.keys(config.bounds), ['batch', 'text[letters]']);
  });

  it('lower-cases in the locale that needs no file', () => {
    assert.equal(normaliserLocale(readModel(modelPath)), 'C');
  });

  it('holds at least 100 tickets, alone and in batches up to the bound', () => {
    assert.ok(tickets.length >= 100, `${tickets.length} tickets`);
    const sizes = new Set(cases.map((each) => each.inputs[0].data.length));
    assert.deepEqual(
      [...sizes].sort((a, b) => a - b),
      [1, 6, 7, 16, config.bounds.batch],
    );
  });

  it('holds an answer for every ticket', () => {
    for (const { name, inputs, outputs } of cases) {
      const count = inputs[0].data.length;
      const [label, probabilities] = outputs;
      assert.deepEqual([inputs[0].shape, label.shape, probabilities.shape], [[count], [count], [count, 8]], name);
      assert.deepEqual([label.data.length, probabilities.data.length], [count, count * 8], name);
    }
  });

  it('answers with each of its eight categories', () => {
    assert.equal(new Set(cases.flatMap((each) => each.outputs[0].data)).size, 8);
  });

  for (const [kind, isOfKind] of Object.entries(KINDS)) {
    it(`holds a ticket of this kind: ${kind}`, () => assert.ok(tickets.some(isOfKind)));
  }

  it('answers every case as scikit-learn did', async function () {
    const runtime = runtimeFolder();
    if (runtime === undefined) return this.skip();
    const require = createRequire(join(runtime, 'package.json'));
    const { InferenceSession, Tensor } = require('onnxruntime-node') as typeof import('onnxruntime-common');
    const session = await InferenceSession.create(modelPath);
    for (const { name, inputs, outputs } of cases) {
      const found = await session.run({ text: new Tensor('string', inputs[0].data, inputs[0].shape) });
      assert.deepEqual(found.label?.data, outputs[0].data, name);
      const probabilities = Array.from(found.probabilities?.data ?? [], Number);
      assert.equal(probabilities.length, outputs[1].data.length, name);
      for (const [index, wanted] of outputs[1].data.entries()) {
        const off = Math.abs((probabilities[index] ?? Number.NaN) - wanted);
        assert.ok(off <= PROBABILITY_TOLERANCE, `${name}: probability ${index} is off by ${off}`);
      }
    }
    await session.release();
  });
});

function readCases(folder: string): readonly Case[] {
  return readdirSync(folder).map((file) => {
    const read = Case.parse(JSON.parse(readFileSync(join(folder, file), 'utf8')));
    assert.equal(file, `${read.name}.json`);
    return read;
  });
}

function normaliserLocale({ graph }: Model): string | undefined {
  const normaliser = graph.nodes.find((node) => node.opType === 'StringNormalizer');
  const locale = normaliser?.attributes.find((attribute) => attribute.name === 'locale')?.value;
  return locale?.kind === 'string' ? Buffer.from(locale.value).toString() : undefined;
}
