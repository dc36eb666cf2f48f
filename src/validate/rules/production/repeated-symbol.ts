import { shapeText } from '../describe.ts';
import type { Rule } from '../rule.ts';
import { tensorInputs } from './tensor-inputs.ts';

export const rule: Rule = {
  id: 'production/repeated-symbol',
  severity: 'note',
  title: 'No two dimensions of one input share a name by accident',
  explanation:
    'One name means one size. Where two dimensions of an input have the same name, such as "N" for both batch and length, the model says that they are always equal; the runtime does not check it, and shapes worked out from it are wrong.',
  mend: 'Give different names, unless the sizes are always equal.',
  source: 'onnx.proto, TensorShapeProto: equal `dim_param` within a graph means equal size.',
  *check({ model }) {
    for (const { name, shape } of tensorInputs(model)) {
      const symbols = (shape ?? []).filter((size) => typeof size === 'string');
      const twice = symbols.find((symbol, index) => symbols.indexOf(symbol) !== index);
      if (twice === undefined) continue;
      yield {
        message: `"${twice}" names two dimensions of input "${name}" ${shapeText(shape)}`,
        location: { tensor: name },
      };
    }
  },
};
