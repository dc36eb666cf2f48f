import type { RuleDescription } from '../rules/rule.ts';

export const rule: RuleDescription = {
  id: 'budget/model',
  severity: 'error',
  title: 'The model is no larger than its budget',
  explanation: 'The file with its external data is what repositories keep and what every image carries.',
  mend: 'Quantize or prune the model, or raise `budget.model`.',
  source: 'plimsoll.yaml, `budget.model`.',
};
