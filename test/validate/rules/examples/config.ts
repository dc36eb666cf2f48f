import type { RuleSettings } from '../../../../src/nouns/rule-settings.ts';
import { applyRuleSettings } from '../../../../src/validate/rules/apply-rule-settings.ts';
import { node } from '../../../support/model-builder.ts';
import { type Example, type ExampleTable, onModel } from './example.ts';

/** Settings, and one finding of production/float64 that they meet. */
function onSettings(settings: Partial<RuleSettings>): Example {
  const finding = { rule: 'production/float64', severity: 'warning', message: 'double', mend: 'float32' } as const;
  const whole: RuleSettings = { rules: {}, suppress: [], ...settings };
  return {
    text: ['# where production/float64 finds something', JSON.stringify(settings, null, 2)].join('\n'),
    findings: () => applyRuleSettings([finding], whole, { file: 'plimsoll.yaml' }).findings,
  };
}

const RELU = { inputs: ['float[batch,3] x'], outputs: ['float[batch,3] y'], nodes: [node('y = Relu(x)')] };
const REASON = 'the original framework computes in double';

export const CONFIG: ExampleTable = {
  'config/unused-suppression': {
    fails: onSettings({ suppress: [{ rule: 'production/loop', reason: REASON }] }),
    passes: onSettings({ suppress: [{ rule: 'production/float64', reason: REASON }] }),
  },
  'config/unknown-bound': {
    fails: onModel(RELU, { facts: { bounds: { bacth: 32 } }, said: 'with bounds: { bacth: 32 }' }),
    passes: onModel(RELU, { facts: { bounds: { batch: 32 } }, said: 'with bounds: { batch: 32 }' }),
  },
  'config/unknown-rule': {
    fails: onSettings({ rules: { 'production/flaot64': { severity: 'note' } } }),
    passes: onSettings({ rules: { 'production/float64': { severity: 'note' } } }),
  },
};
