import { elementCount } from '../../onnx/tensor-size.ts';
import type { Rule } from '../rules/rule.ts';

export const rule: Rule = {
  id: 'budget/parameters',
  severity: 'error',
  title: 'The weights have no more elements than the budget allows',
  explanation: 'The number of parameters is what a model was agreed to be, whatever it is stored as.',
  mend: 'Use a smaller model, or raise `budget.operators.parameters`.',
  source: 'plimsoll.yaml, `budget.operators.parameters`.',
  *check(context) {
    const most = context.budget?.parameters;
    if (most === undefined) return;
    const weights = context.tensors.map(({ title, tensor }) => ({
      title,
      elements: elementCount(tensor.dims) ?? 0,
    }));
    const sum = weights.reduce((total, { elements }) => total + elements, 0);
    if (sum <= most) return;
    const largest = weights.reduce((a, b) => (b.elements > a.elements ? b : a));
    yield {
      message: `the model has ${sum} parameters; the budget allows ${most} (the largest weight is ${largest.title} with ${largest.elements})`,
    };
  },
};
