import { counted } from '../rules/describe.ts';
import type { Rule } from '../rules/rule.ts';

export const rule: Rule = {
  id: 'budget/depth',
  severity: 'error',
  title: 'Subgraphs are nested no deeper than the budget allows',
  explanation: 'Each level of If, Loop or Scan is run by a session inside the session, with buffers of its own.',
  mend: 'Move the inner branch or loop out of the outer one, or raise `budget.operators.depth`.',
  source: 'plimsoll.yaml, `budget.operators.depth`.',
  *check({ places, budget }) {
    const most = budget?.depth;
    if (most === undefined) return;
    const deepest = places.reduce((a, b) => (b.depth > a.depth ? b : a));
    if (deepest.depth <= most) return;
    yield {
      message: `subgraphs lie ${counted(deepest.depth, 'level')} deep; the budget allows ${most}`,
      location: { graph: deepest.path },
    };
  },
};
