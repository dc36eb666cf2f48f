import { type Finding, sortFindings } from '../../nouns/finding.ts';
import { curtailFindings } from './curtail-findings.ts';
import type { Rule } from './rule.ts';
import { type CheckFacts, type RuleContext, ruleContext } from './rule-context.ts';
import { asFinding } from './rule-finding.ts';
import { RULES } from './rules.ts';

/** Findings of one rule that are kept: enough for an honest "and K more" without walking a hostile file to its end. */
const KEPT_PER_RULE = 10_000;

/** Findings of one rule that get the costly hint; no more are shown. */
const HINTED_PER_RULE = 20;

/**
 * What the rules have to say about a model, worst first, at most twenty findings for each rule. Pure: it reads no file of
 * the model and runs nothing.
 */
export function checkModel(facts: CheckFacts, rules: readonly Rule[] = RULES): readonly Finding[] {
  return curtailFindings(allFindings(facts, rules));
}

/** As `checkModel`, every finding: for those who suppress some before they show the first. */
export function allFindings(facts: CheckFacts, rules: readonly Rule[] = RULES): readonly Finding[] {
  const context = ruleContext(facts);
  return sortFindings(rules.flatMap((rule) => findingsOf(rule, context)));
}

function findingsOf(rule: Rule, context: RuleContext): readonly Finding[] {
  const findings: Finding[] = [];
  for (const violation of rule.check(context)) {
    const isHinted = findings.length < HINTED_PER_RULE;
    findings.push(asFinding({ rule, violation, file: context.model.path, isHinted }));
    if (findings.length >= KEPT_PER_RULE) break;
  }
  return findings;
}
