import { shapeText } from '../describe.ts';
import type { Rule } from '../rule.ts';

export const rule: Rule = {
  id: 'production/negative-dimension',
  severity: 'warning',
  title: 'Declared dimensions are sizes',
  explanation:
    'Some exporters write -1 for a dimension that is open. It is no size: the runtime takes it for unknown, other readers for an error, and a memory plan for nonsense.',
  mend: 'Give the dimension a name with `dim_param`, or the size that it has.',
  source: 'onnx.proto, TensorShapeProto: `dim_value` is the size of a dimension.',
  *check({ model: { graph } }) {
    for (const { name, type } of [...graph.inputs, ...graph.outputs]) {
      if (type?.kind !== 'tensor') continue;
      const { shape } = type;
      if (!shape?.some((size) => typeof size === 'number' && size < 0)) continue;
      yield { message: `"${name}" declares the shape ${shapeText(shape)}`, location: { tensor: name } };
    }
  },
};
