import { formatByteSize } from '../../../nouns/byte-size.ts';
import { tensorBytes } from '../../../onnx/tensor-size.ts';
import { counted } from '../../rules/describe.ts';
import type { Mend } from '../mend.ts';

export const externalWeights: Mend = {
  rule: 'production/inline-weight',
  title: 'Move large weights to a data file beside the model',
  isOnlyWhenAsked: true,
  isAskedByExternalFrom: true,
  apply(model, { externalBytes }) {
    const sizes = model.graph.initializers
      .filter(({ data, elementType }) => data.kind !== 'external' && elementType !== 'string')
      .map(({ elementType, dims }) => tensorBytes(elementType, dims) ?? 0)
      .filter((bytes) => bytes >= externalBytes);
    if (sizes.length === 0) return { model, changes: [] };
    const bytes = sizes.reduce((sum, size) => sum + size, 0);
    return {
      model,
      changes: [`moved ${counted(sizes.length, 'weight')} of ${formatByteSize(bytes)} to a data file`],
      write: { externalData: { minimumBytes: externalBytes } },
    };
  },
};
