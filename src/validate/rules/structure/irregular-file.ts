import type { Rule } from '../rule.ts';

export const rule: Rule = {
  id: 'structure/irregular-file',
  severity: 'warning',
  title: 'The file is written the way a careful writer writes it',
  explanation:
    'Protobuf forgives a good deal: text that is no UTF-8, a message that stands twice and is merged, a key that repeats. Readers treat such bytes differently, and they usually mean a damaged file or two files run together.',
  mend: 'Write the file anew with `onnx.save(onnx.load(path), path)` and look at what changed.',
  source: 'Protocol Buffers, Encoding; onnx.proto.',
  *check({ model }) {
    for (const { message, offset } of model.irregularities ?? []) yield { message, location: { offset } };
  },
};
