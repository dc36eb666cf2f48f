import type { Rule } from '../rule.ts';
import { tensorInputs } from './tensor-inputs.ts';

export const rule: Rule = {
  id: 'production/unnamed-dimension',
  severity: 'warning',
  title: 'Every dimension that the model leaves open has a name',
  explanation:
    'A dimension without a name cannot be given a bound, and it cannot be told that two inputs share it, as they share the batch. An input without even a rank says nothing about its shape.',
  mend: 'Name the dimension when exporting (`dynamic_shapes` in PyTorch), or set `dim_param` with the onnx package.',
  source: 'onnx.proto, TensorShapeProto: a dimension has a value, a name, or neither.',
  *check({ model }) {
    for (const { name, shape } of tensorInputs(model)) {
      const location = { tensor: name };
      if (shape === null) {
        yield { message: `input "${name}" does not declare how many dimensions it has`, location };
        continue;
      }
      const axes = [...shape.keys()].filter((axis) => shape[axis] === null);
      if (axes.length > 0) yield { message: `dimension ${axes.join(', ')} of input "${name}" has no name`, location };
    }
  },
};
