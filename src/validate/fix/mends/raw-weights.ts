import { allTensors } from '../../../onnx/all-tensors.ts';
import { counted } from '../../rules/describe.ts';
import type { Mend } from '../mend.ts';

export const rawWeights: Mend = {
  rule: 'production/float-list',
  title: 'Store lists of numbers as raw bytes',
  apply(model) {
    const lists = allTensors(model).filter(
      ({ tensor }) => tensor.data.kind === 'typed' && tensor.elementType !== 'string',
    );
    if (lists.length === 0) return { model, changes: [] };
    return { model, changes: [`stored ${counted(lists.length, 'tensor')} as raw bytes`], write: { typedToRaw: true } };
  },
};
