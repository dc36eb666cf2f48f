import { firstFew } from '../describe.ts';
import type { Rule } from '../rule.ts';

export const rule: Rule = {
  id: 'production/initializer-as-input',
  severity: 'warning',
  title: 'Weights are not inputs',
  explanation:
    'A weight that is also a graph input may be replaced by a caller, so the runtime may not treat it as constant: it fuses less, plans worse, and shows the weight in the signature.',
  mend: 'Take the weights out of the inputs (`keep_initializers_as_inputs=False` in PyTorch).',
  source: 'ONNX specification, Graphs. The runtime warns that such initializers are no constants.',
  fixable: true,
  *check({ model }) {
    const { graph } = model;
    const given = new Set(graph.initializers.map((tensor) => tensor.name));
    const both = graph.inputs.map(({ name }) => name).filter((name) => given.has(name));
    const [first] = both;
    if (first === undefined) return;
    // Below IR version 4 the format wants it so.
    const severity = model.irVersion < 4 ? 'note' : 'warning';
    const names = firstFew(both.map((name) => `"${name}"`));
    yield {
      message: `${both.length} of ${graph.initializers.length} weights are also inputs: ${names}`,
      location: { tensor: first },
      severity,
    };
  },
};
