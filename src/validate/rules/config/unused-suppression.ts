import type { Suppression } from '../apply-rule-settings.ts';
import type { RuleDescription, Violation } from '../rule.ts';

export const rule: RuleDescription = {
  id: 'config/unused-suppression',
  severity: 'warning',
  title: 'Every suppression still suppresses something',
  explanation:
    'A suppression that fits no finding is left over: the model was mended, or the node was renamed. It would hide the same trouble without a word when it comes back.',
  mend: 'Remove the suppression, or correct the names of node and tensor in it.',
  source: 'plimsoll.yaml, `suppress`.',
};

export function unusedSuppressions(unused: readonly Suppression[]): readonly Violation[] {
  return unused.map(({ rule: id, reason, node, tensor }) => {
    const where = [node && `node "${node}"`, tensor && `tensor "${tensor}"`].filter(Boolean).join(', ');
    const message = `the suppression of ${id}${where === '' ? '' : ` at ${where}`} ("${reason}") suppresses nothing`;
    return { message };
  });
}
