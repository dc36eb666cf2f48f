import { allTensors } from '../../../onnx/all-tensors.ts';
import { elementCount } from '../../../onnx/tensor-size.ts';
import { counted } from '../../rules/describe.ts';
import type { Mend } from '../mend.ts';

/** Small constants are written as lists by most exporters, and it does not matter; the rule counts from the same number on. */
const WEIGHT_ELEMENTS = 4096;

export const rawWeights: Mend = {
  rule: 'production/float-list',
  title: 'Store lists of numbers as raw bytes',
  apply(model) {
    const lists = allTensors(model).filter(
      ({ tensor }) => tensor.data.kind === 'typed' && tensor.elementType !== 'string',
    );
    if (!lists.some(({ tensor }) => (elementCount(tensor.dims) ?? 0) >= WEIGHT_ELEMENTS)) return { model, changes: [] };
    return { model, changes: [`stored ${counted(lists.length, 'tensor')} as raw bytes`], write: { typedToRaw: true } };
  },
};
