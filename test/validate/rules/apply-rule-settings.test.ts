import assert from 'node:assert/strict';
import type { Finding } from '../../../src/nouns/finding.ts';
import { RULE_SETTINGS, type RuleSettings } from '../../../src/nouns/rule-settings.ts';
import { applyRuleSettings } from '../../../src/validate/rules/apply-rule-settings.ts';

const LOOP: Finding = {
  rule: 'production/loop',
  severity: 'note',
  message: 'a loop',
  mend: 'm',
  location: { node: 'decoder' },
};
const DOUBLE: Finding = { rule: 'production/float64', severity: 'warning', message: 'double', mend: 'm' };
const NONE: RuleSettings = { rules: {}, suppress: [] };
const FACTS = { file: 'plimsoll.yaml' };

describe('Settings of rules', () => {
  it('leave findings alone where they say nothing', () => {
    const settled = applyRuleSettings([LOOP, DOUBLE], NONE, FACTS);
    assert.deepEqual(settled, { findings: [DOUBLE, LOOP], suppressed: [] });
  });

  it('change severities, and with them the order', () => {
    const settings: RuleSettings = { ...NONE, rules: { 'production/loop': { severity: 'error' } } };
    const { findings } = applyRuleSettings([LOOP, DOUBLE], settings, FACTS);
    assert.deepEqual(findings, [{ ...LOOP, severity: 'error' }, DOUBLE]);
  });

  it('take out what they suppress, and keep the reason', () => {
    const settings: RuleSettings = {
      ...NONE,
      suppress: [{ rule: 'production/loop', reason: 'it must', node: 'decoder' }],
    };
    const { findings, suppressed } = applyRuleSettings([LOOP, DOUBLE], settings, FACTS);
    assert.deepEqual(findings, [DOUBLE]);
    assert.deepEqual(suppressed, [{ finding: LOOP, reason: 'it must' }]);
  });

  it('tell of a suppression whose node is another', () => {
    const settings: RuleSettings = {
      ...NONE,
      suppress: [{ rule: 'production/loop', reason: 'it must', node: 'encoder' }],
    };
    const { findings } = applyRuleSettings([LOOP], settings, FACTS);
    assert.deepEqual(
      findings.map(({ rule, message }) => `${rule}: ${message}`),
      [
        'config/unused-suppression: the suppression of production/loop at node "encoder" ("it must") suppresses nothing',
        'production/loop: a loop',
      ],
    );
  });

  it('tell of rules that do not exist, with the nearest that does', () => {
    const settings: RuleSettings = { ...NONE, rules: { 'production/lop': { severity: 'note' } } };
    const [finding] = applyRuleSettings([], settings, FACTS).findings;
    assert.equal(finding?.rule, 'config/unknown-rule');
    assert.match(finding?.message ?? '', /production\/lop; the nearest name is "production\/loop"/);
  });

  it('know the rules of other parts of the program', () => {
    const settings: RuleSettings = { ...NONE, rules: { 'prepare/level': { severity: 'warning' } } };
    const { findings } = applyRuleSettings([], settings, FACTS);
    assert.deepEqual(findings, []);
  });
});

describe('The configuration of rules', () => {
  it('wants a reason for each suppression', () => {
    assert.equal(RULE_SETTINGS.suppress.safeParse([{ rule: 'production/loop', reason: ' ' }]).success, false);
    assert.equal(RULE_SETTINGS.suppress.safeParse([{ rule: 'production/loop' }]).success, false);
    assert.equal(RULE_SETTINGS.suppress.safeParse([{ rule: 'production/loop', reason: 'it must' }]).success, true);
  });

  it('wants a severity that exists', () => {
    assert.equal(RULE_SETTINGS.rules.safeParse({ 'production/loop': { severity: 'fatal' } }).success, false);
  });
});
