import { nearest } from '../../../nouns/nearest.ts';
import type { RuleDescription, Violation } from '../rule.ts';

export const rule: RuleDescription = {
  id: 'config/unknown-rule',
  severity: 'warning',
  title: 'The configuration names rules that exist',
  explanation:
    'A severity or a suppression for a rule that does not exist changes nothing, though its writer thinks that it does.',
  mend: 'Correct the name; docs/rules lists all of them.',
  source: 'plimsoll.yaml, `rules` and `suppress`.',
};

export function unknownRules(unknown: readonly string[], known: readonly string[]): readonly Violation[] {
  return unknown.map((id) => ({ message: `there is no rule ${id}`, nearest: () => nearest(id, known) }));
}
