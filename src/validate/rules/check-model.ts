import { type Finding, sortFindings } from '../../nouns/finding.ts';
import type { Rule, Violation } from './rule.ts';
import { type CheckFacts, type RuleContext, ruleContext } from './rule-context.ts';
import { RULES } from './rules.ts';

/** Findings shown for one rule: more would bury the other rules, and the next run shows what is left. */
const SHOWN_PER_RULE = 20;

/** Violations counted for one rule: enough for an honest "and K more" without walking a hostile file to its end. */
const COUNTED_PER_RULE = 10_000;

/** What the rules have to say about a model, worst first. Pure: it reads no file and runs nothing. */
export function checkModel(facts: CheckFacts, rules: readonly Rule[] = RULES): readonly Finding[] {
  const context = ruleContext(facts);
  return sortFindings(rules.flatMap((rule) => findingsOf(rule, context)));
}

function findingsOf(rule: Rule, context: RuleContext): readonly Finding[] {
  const shown: Finding[] = [];
  let count = 0;
  for (const violation of rule.check(context)) {
    if (count < SHOWN_PER_RULE) shown.push(asFinding({ rule, violation, context }));
    count += 1;
    if (count >= COUNTED_PER_RULE) break;
  }
  const last = shown.at(-1);
  if (count <= SHOWN_PER_RULE || !last) return shown;
  const more = `${count >= COUNTED_PER_RULE ? 'at least ' : ''}${count - SHOWN_PER_RULE} more`;
  return [...shown.slice(0, -1), { ...last, message: `${last.message} (and ${more} of this kind)` }];
}

function asFinding(facts: { rule: Rule; violation: Violation; context: RuleContext }): Finding {
  const { rule, violation, context } = facts;
  const near = violation.nearest?.();
  const mend = violation.mend ?? rule.mend;
  const command = rule.fixable ? ` \`plimsoll fix MODEL -o OUT --only ${rule.id}\` does it.` : '';
  return {
    rule: rule.id,
    severity: violation.severity ?? rule.severity,
    message: near === undefined ? violation.message : `${violation.message}; the nearest name is "${near}"`,
    mend: `${mend}${command}`,
    location: { file: context.model.path, ...violation.location },
  };
}
