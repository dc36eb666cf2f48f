import type { Rule } from '../rules/rule.ts';
import { breach } from './breaches.ts';
import { operatorTest } from './operator-pattern.ts';

/** The key of `max` that counts every node. */
const ALL = 'nodes';

export const rule: Rule = {
  id: 'budget/count',
  severity: 'error',
  title: 'The model has no more nodes than the budget allows',
  explanation:
    'The number of nodes bounds the time that a request spends outside the kernels, and a jump between two exports shows that something was not fused. Nodes of subgraphs count, those of a function once.',
  mend: 'Simplify the model before export, or raise `budget.operators.max`.',
  source: 'plimsoll.yaml, `budget.operators.max`.',
  *check({ nodes, budget }) {
    for (const [key, most] of Object.entries(budget?.max ?? {})) {
      const matches = operatorTest(key === ALL ? '*' : key);
      const found = nodes.filter(({ node }) => matches(node));
      if (found.length <= most) continue;
      const what = key === ALL ? 'nodes' : `nodes of ${key}`;
      if (key === ALL) yield { message: `the model has ${found.length} ${what}; the budget allows ${most}` };
      else yield breach(`${found.length} ${what}; the budget allows ${most}`, found);
    }
  },
};
