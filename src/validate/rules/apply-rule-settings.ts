import { type Finding, sortFindings } from '../../nouns/finding.ts';
import type { RuleSettings } from '../../nouns/rule-settings.ts';
import { rule as unknownRule, unknownRules } from './config/unknown-rule.ts';
import { rule as unusedSuppression, unusedSuppressions } from './config/unused-suppression.ts';
import type { RuleDescription, Violation } from './rule.ts';
import { asFinding } from './rule-finding.ts';
import { RULE_DESCRIPTIONS } from './rules.ts';

export type Suppression = RuleSettings['suppress'][number];

export interface SettledFindings {
  readonly findings: readonly Finding[];
  /** What was found and is accepted, with the reason that the configuration gives. */
  readonly suppressed: readonly { readonly finding: Finding; readonly reason: string }[];
}

export interface SettingsFacts {
  /** Where the settings stand, for findings about them. */
  readonly file: string;
}

/**
 * Gives findings the severities of the configuration and takes out those that it suppresses. A suppression that fits
 * nothing, and a rule that nobody knows, are findings themselves. Order: `allFindings`, this, `curtailFindings`.
 */
export function applyRuleSettings(
  findings: readonly Finding[],
  settings: RuleSettings,
  facts: SettingsFacts,
): SettledFindings {
  const known = new Set([...RULE_DESCRIPTIONS.map(({ id }) => id), ...findings.map(({ rule }) => rule)]);
  const used = new Set<Suppression>();
  const left: Finding[] = [];
  const suppressed: { finding: Finding; reason: string }[] = [];
  for (const finding of findings) {
    const fitting = settings.suppress.filter((suppression) => fits(suppression, finding));
    for (const suppression of fitting) used.add(suppression);
    const [first] = fitting;
    const severity = settings.rules[finding.rule]?.severity ?? finding.severity;
    if (first) suppressed.push({ finding, reason: first.reason });
    else left.push({ ...finding, severity });
  }
  const named = [...Object.keys(settings.rules), ...settings.suppress.map(({ rule }) => rule)];
  const unknown = [...new Set(named.filter((rule) => !known.has(rule)))];
  const unused = settings.suppress.filter((suppression) => known.has(suppression.rule) && !used.has(suppression));
  const about = [
    ...configFindings(unknownRule, { violations: unknownRules(unknown, [...known]), ...facts }),
    ...configFindings(unusedSuppression, { violations: unusedSuppressions(unused), ...facts }),
  ];
  return { findings: sortFindings([...left, ...about]), suppressed };
}

function fits(suppression: Suppression, { rule, location }: Finding): boolean {
  const { node, tensor } = suppression;
  if (suppression.rule !== rule) return false;
  return (node === undefined || node === location?.node) && (tensor === undefined || tensor === location?.tensor);
}

function configFindings(
  rule: RuleDescription,
  { violations, file }: { readonly violations: readonly Violation[]; readonly file: string },
): readonly Finding[] {
  return violations.map((violation) => asFinding({ rule, violation, file, isHinted: true }));
}
