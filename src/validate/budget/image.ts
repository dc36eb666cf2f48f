import type { RuleDescription } from '../rules/rule.ts';

export const rule: RuleDescription = {
  id: 'budget/image',
  severity: 'error',
  title: 'The image for each platform is no larger than its budget',
  explanation:
    'What counts is what a machine pulls: the compressed layers of one platform. `plimsoll package` knows it to the byte; `plimsoll lint` knows it where the same base, Node and runtime were packaged before on this machine.',
  mend: 'Make the model smaller, or raise `budget.image`.',
  source: 'plimsoll.yaml, `budget.image`.',
};
