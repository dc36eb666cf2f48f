import { domainName } from '../rules/describe.ts';
import type { Rule } from '../rules/rule.ts';
import type { NodePlace } from '../rules/rule-context.ts';
import { breach } from './breaches.ts';

export const rule: Rule = {
  id: 'budget/domain',
  severity: 'error',
  title: 'All operators are of the domains that the budget allows',
  explanation:
    'Domains outside the standard tie a model to one runtime. Functions of the model itself are judged by what they are made of.',
  mend: 'Export without operators of that domain, or add it to `budget.operators.domains`.',
  source: 'plimsoll.yaml, `budget.operators.domains`.',
  *check({ nodes, budget }) {
    if (!budget?.domains) return;
    const allowed = new Set(budget.domains.map((name) => (name === 'ai.onnx' ? '' : name)));
    const outside = new Map<string, NodePlace[]>();
    for (const at of nodes) {
      const { domain } = at.node;
      if (allowed.has(domain) || at.callee) continue;
      outside.set(domain, [...(outside.get(domain) ?? []), at]);
    }
    for (const [domain, found] of outside) {
      const { mend: _, ...violation } = breach(
        `the domain ${domainName(domain)} is not among ${budget.domains.join(', ')}`,
        found,
      );
      yield violation;
    }
  },
};
