import { counted, firstFew } from '../describe.ts';
import type { Rule } from '../rule.ts';

/** Small constants are written as lists by most exporters, and it does not matter. */
const WEIGHT_ELEMENTS = 4096;

export const rule: Rule = {
  id: 'production/float-list',
  severity: 'note',
  title: 'Weights are stored as raw bytes',
  explanation:
    'A weight in a list of numbers must be decoded number by number when the model is loaded, cannot be mapped from the file, and is held twice while that lasts.',
  mend: 'Save the weights as raw bytes: `onnx.numpy_helper.from_array` makes them so.',
  source: 'onnx.proto, TensorProto: `raw_data` beside the typed fields.',
  fixable: true,
  *check(context) {
    const lists = context.tensors.filter(
      ({ tensor: { data, elementType } }) =>
        data.kind === 'typed' && data.count >= WEIGHT_ELEMENTS && elementType !== 'string',
    );
    if (lists.length === 0) return;
    yield {
      message: `${counted(lists.length, 'weight')} stored as lists of numbers: ${firstFew(lists.map(({ title }) => title))}`,
    };
  },
};
