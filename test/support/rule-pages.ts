import { mendCommand } from '../../src/validate/fix/mend-command.ts';
import type { RuleDescription } from '../../src/validate/rules/rule.ts';
import type { Example, RuleExamples } from '../validate/rules/examples/example.ts';

/** The file in docs/rules that describes a rule. */
export function rulePageName({ id }: RuleDescription): string {
  return `${id.replace('/', '-')}.md`;
}

/** The page of a rule: its own words, something that it finds fault with, and the same mended. */
export function rulePage(rule: RuleDescription, examples: RuleExamples | undefined): string {
  if (!examples) throw new Error(`the rule ${rule.id} has no examples`);
  const first = examples.fails.findings().find((finding) => finding.rule === rule.id);
  const command = rule.fixable && mendCommand(rule.id, 'model.onnx');
  const fix = command ? `\n\n\`${command}\` mends it and proves that the numbers stay.` : '';
  return `${[
    `# ${rule.id}`,
    `**${rule.title}.** Severity: ${rule.severity}.`,
    rule.explanation,
    '## What to do',
    `${rule.mend}${fix}`,
    '## An example that fails',
    block(examples.fails),
    `> ${first?.severity}: ${first?.message}`,
    '## The same, mended',
    block(examples.passes),
    '## Source',
    rule.source,
  ].join('\n\n')}\n`;
}

/** The table of contents. */
export function ruleIndex(rules: readonly RuleDescription[]): string {
  const rows = [...rules]
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .map((rule) => `| [${rule.id}](${rulePageName(rule)}) | ${rule.severity} | ${rule.title} |`);
  return `${[
    '# Rules',
    'What `plimsoll lint` checks. Severities can be changed, and findings suppressed with a reason, in plimsoll.yaml:',
    [
      '```yaml',
      'rules:',
      '  production/float64: { severity: note }',
      'suppress:',
      '  - rule: production/loop',
      '    reason: the decoder has to loop; requests are cut off after 2 s',
      '    node: decoder',
      '```',
    ].join('\n'),
    ['| rule | severity | what it wants |', '|---|---|---|', ...rows].join('\n'),
  ].join('\n\n')}\n`;
}

function block({ text }: Example): string {
  return `\`\`\`\n${text}\n\`\`\``;
}
