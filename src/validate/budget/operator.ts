import { operatorName } from '../rules/describe.ts';
import type { Rule } from '../rules/rule.ts';
import type { NodePlace } from '../rules/rule-context.ts';
import { breach } from './breaches.ts';
import { operatorTest } from './operator-pattern.ts';

export const rule: Rule = {
  id: 'budget/operator',
  severity: 'error',
  title: 'All operators are allowed by the budget, and none is denied',
  explanation:
    'A list of allowed or denied operators is how a team keeps models to what it can serve with a bound on time and memory.',
  mend: 'Export the model without the operator, or change `budget.operators`.',
  source: 'plimsoll.yaml, `budget.operators.allow` and `budget.operators.deny`.',
  *check({ nodes, budget }) {
    if (!budget?.allow && !budget?.deny) return;
    const allow = budget.allow?.map((pattern) => ({ pattern, matches: operatorTest(pattern) }));
    const deny = (budget.deny ?? []).map((pattern) => ({ pattern, matches: operatorTest(pattern) }));
    for (const [name, found] of byOperator(nodes)) {
      const node = found[0]?.node;
      if (!node) continue;
      const denied = deny.find(({ matches }) => matches(node));
      if (denied) yield breach(`${name} is denied by "${denied.pattern}"`, found);
      else if (allow && !allow.some(({ matches }) => matches(node)))
        yield breach(`${name} is not among the allowed operators`, found);
    }
  },
};

function byOperator(nodes: readonly NodePlace[]): ReadonlyMap<string, readonly NodePlace[]> {
  const groups = new Map<string, NodePlace[]>();
  for (const at of nodes) {
    // A function of the model is judged by the operators inside it.
    if (at.callee) continue;
    const name = operatorName(at.node);
    const group = groups.get(name);
    if (group) group.push(at);
    else groups.set(name, [at]);
  }
  return groups;
}
