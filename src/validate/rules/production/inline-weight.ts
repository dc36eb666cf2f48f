import { formatByteSize } from '../../../nouns/byte-size.ts';
import type { Rule } from '../rule.ts';

/** Half of what protobuf can hold: from here on the next, larger model will not be written at all. */
const LARGE_BYTES = 2 ** 30;

/** Protobuf counts the bytes of a message in 31 bits. */
const LARGEST_BYTES = 2 ** 31 - 1;

export const rule: Rule = {
  id: 'production/inline-weight',
  severity: 'note',
  title: 'Weights of gigabytes lie in a file beside the model',
  explanation:
    'A model file is one protobuf message and cannot be larger than 2 GiB; the runtime refuses one that is. Long before that, weights inside the file are read and copied when the model is loaded, where those in a data file can be mapped.',
  mend: 'Save the weights as external data: `onnx.save(model, path, save_as_external_data=True)`.',
  source: 'Protocol Buffers, Encoding: messages of at most 2 GiB. ONNX specification, External Data.',
  fixable: true,
  *check({ model: { fileBytes } }) {
    const size = formatByteSize(fileBytes);
    if (fileBytes > LARGEST_BYTES) {
      yield { message: `the model file has ${size}, more than the 2 GiB that protobuf holds`, severity: 'error' };
    } else if (fileBytes >= LARGE_BYTES) {
      yield { message: `the model file has ${size} with its weights inside` };
    }
  },
};
