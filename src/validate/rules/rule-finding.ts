import type { Finding } from '../../nouns/finding.ts';
import { mendCommand } from '../fix/mend-command.ts';
import type { RuleDescription, Violation } from './rule.ts';

/** What a rule says of one violation. `isHinted` asks for the nearest name, which is costly to find. */
export function asFinding(facts: {
  readonly rule: RuleDescription;
  readonly violation: Violation;
  readonly file: string;
  readonly isHinted: boolean;
}): Finding {
  const { rule, violation, file, isHinted } = facts;
  const near = isHinted ? violation.nearest?.() : undefined;
  const mend = violation.mend ?? rule.mend;
  const command = rule.fixable && violation.fixable !== false ? mendCommand(rule.id, file) : undefined;
  return {
    rule: rule.id,
    severity: violation.severity ?? rule.severity,
    message: near === undefined ? violation.message : `${violation.message}; the nearest name is "${near}"`,
    mend: command === undefined ? mend : `${mend} \`${command}\` does it.`,
    location: { file, ...violation.location },
  };
}
