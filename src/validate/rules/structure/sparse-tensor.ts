import type { SparseTensor } from '../../../onnx/model.ts';
import { elementCount } from '../../../onnx/tensor-size.ts';
import { locationOf } from '../describe.ts';
import type { Rule } from '../rule.ts';

export const rule: Rule = {
  id: 'structure/sparse-tensor',
  severity: 'error',
  title: 'Sparse initializers have an index for each value',
  explanation:
    'A sparse tensor is a list of values and, for each, where it stands: one linear index, or one index for each dimension.',
  mend: 'Export the model again, or store the weight dense.',
  source: 'onnx.proto, SparseTensorProto: values [NNZ], indices int64 [NNZ] or [NNZ, rank].',
  *check(context) {
    for (const place of context.places) {
      for (const tensor of place.graph?.sparseInitializers ?? []) {
        const { name } = tensor.values;
        const message = trouble(tensor);
        if (!message) continue;
        const severity = context.usedNames(place).has(name) && place.reached ? 'error' : 'warning';
        yield {
          message: `sparse initializer "${name}" ${message}`,
          location: locationOf(place, { tensor: name }),
          severity,
        };
      }
    }
  },
};

function trouble({ values, indices, dims }: SparseTensor): string | undefined {
  if (dims.length === 0) return 'has no dimensions';
  if (elementCount(dims) === null) return `has dimensions that no tensor can have: [${dims.join(', ')}]`;
  if (values.dims.length !== 1) return `has values of rank ${values.dims.length}; wanted 1`;
  if (indices.elementType !== 'int64') return `has indices of type ${indices.elementType}; wanted int64`;
  const [count] = values.dims;
  const [rows, columns] = indices.dims;
  const fits = rows === count && (indices.dims.length === 1 || (indices.dims.length === 2 && columns === dims.length));
  return fits ? undefined : `has ${count} values and indices of shape [${indices.dims.join(', ')}]`;
}
