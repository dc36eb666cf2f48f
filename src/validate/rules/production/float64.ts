import { formatByteSize } from '../../../nouns/byte-size.ts';
import { tensorBytes } from '../../../onnx/tensor-size.ts';
import { counted, firstFew } from '../describe.ts';
import type { Rule } from '../rule.ts';

/** A scalar constant in double is no cost; from here on it is a weight. */
const WEIGHT_ELEMENTS = 16;

export const rule: Rule = {
  id: 'production/float64',
  severity: 'warning',
  title: 'The model computes in float32 or less',
  explanation:
    'Double precision takes twice the memory and time of float32 and has fewer and slower kernels in the runtime. It is rarely meant: NumPy makes doubles unless told otherwise, and exporters take over what they get.',
  mend: 'Convert a float32 model: `X.astype(numpy.float32)` for the sample row, `model.float()` in PyTorch.',
  source: 'Kernels of the runtime by type; scikit-learn exporters declare the type of the sample row.',
  *check(context) {
    const { graph } = context.model;
    const edges = [...graph.inputs, ...graph.outputs]
      .filter(({ type }) => type?.kind === 'tensor' && type.elementType === 'double')
      .map(({ name }) => `"${name}"`);
    if (edges.length > 0) {
      const are = edges.length === 1 ? 'is' : 'are';
      yield { message: `${counted(edges.length, 'input or output')} ${are} double: ${firstFew(edges)}` };
    }
    const weights = context.tensors.filter(
      ({ tensor }) => tensor.elementType === 'double' && tensor.dims.reduce((a, b) => a * b, 1) >= WEIGHT_ELEMENTS,
    );
    if (weights.length === 0) return;
    const bytes = weights.reduce((sum, { tensor }) => sum + (tensorBytes('double', tensor.dims) ?? 0), 0);
    yield {
      message: `${counted(weights.length, 'weight')} in double precision, ${formatByteSize(bytes)}: ${firstFew(weights.map(({ title }) => title))}`,
    };
  },
};
