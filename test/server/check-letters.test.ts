import assert from 'node:assert/strict';
import { decodeInfer } from '../../templates/server/grpc/decode-infer.ts';
import { WireWriter } from '../../templates/server/grpc/wire-writer.ts';
import { DEFAULT_LIMITS } from '../../templates/server/limits.ts';
import { decodeInferenceRequest } from '../../templates/server/open-inference/decode.ts';
import { makeSignature } from '../../templates/server/signature.ts';
import type { Tensors } from '../../templates/server/tensor.ts';
import { makePlan } from './plans.ts';

describe('a text that is longer than the image was made for', () => {
  const plan = makePlan({ inputs: [['t', 'string', ['n']]], outputs: [], bounds: { 't[letters]': 5 } });
  const signature = makeSignature(plan);
  const raw = (texts: readonly string[]): Buffer =>
    Buffer.concat(
      texts.map((text) => {
        const bytes = Buffer.from(text);
        return Buffer.concat([Buffer.from([bytes.length, 0, 0, 0]), bytes]);
      }),
    );
  const input = (texts: readonly string[], facts: object) =>
    JSON.stringify({ inputs: [{ name: 't', shape: [texts.length], datatype: 'BYTES', ...facts }] });
  const message = (texts: readonly string[], add: (tensor: WireWriter, whole: WireWriter) => void): Buffer => {
    const tensor = new WireWriter().text(1, 't').text(2, 'BYTES').packed(3, [texts.length]);
    const after = new WireWriter();
    add(tensor, after);
    return new WireWriter().text(1, 'model').span(5, tensor.finish()).raw(after.finish()).finish();
  };

  const FORMS: Readonly<Record<string, (texts: readonly string[]) => Tensors>> = {
    JSON: (data) => decodeInferenceRequest(Buffer.from(input(data, { data })), signature).inputs,
    'binary form': (texts) => {
      const tail = raw(texts);
      const json = Buffer.from(input(texts, { parameters: { binary_data_size: tail.length } }));
      return decodeInferenceRequest(Buffer.concat([json, tail]), signature, { jsonBytes: json.length }).inputs;
    },
    'raw contents': (texts) =>
      decodeInfer(
        message(texts, (_, whole) => whole.span(7, raw(texts))),
        signature,
        DEFAULT_LIMITS,
      ).inputs,
    'typed contents': (texts) => {
      const contents = new WireWriter();
      for (const text of texts) contents.string(8, text);
      return decodeInfer(
        message(texts, (tensor) => tensor.span(5, contents.finish())),
        signature,
        DEFAULT_LIMITS,
      ).inputs;
    },
  };

  for (const [form, read] of Object.entries(FORMS)) {
    it(`is refused in ${form}, by its letters and not its bytes`, () => {
      for (const texts of [
        ['', '12345'],
        ['ééééé', 'é'],
      ]) {
        assert.deepEqual(read(texts).t?.data, texts);
      }
      for (const long of ['123456', 'éééééé']) {
        assert.throws(() => read(['1', long]), {
          status: 400,
          message: 'input "t": text 1 has 6 letters, and this image was made for at most 5',
        });
      }
    });
  }
});
