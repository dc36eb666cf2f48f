import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { RULE_DESCRIPTIONS } from '../src/validate/rules/rules.ts';
import { ruleIndex, rulePage, rulePageName } from '../test/support/rule-pages.ts';
import { EXAMPLES } from '../test/validate/rules/examples/examples.ts';

/** Makes docs/rules from the rules and their examples: `npx tsx scripts/make-rule-docs.ts`. */
const folder = fileURLToPath(new URL('../docs/rules/', import.meta.url));
mkdirSync(folder, { recursive: true });
for (const name of readdirSync(folder)) rmSync(`${folder}${name}`);
for (const rule of RULE_DESCRIPTIONS)
  writeFileSync(`${folder}${rulePageName(rule)}`, rulePage(rule, EXAMPLES[rule.id]));
writeFileSync(`${folder}README.md`, ruleIndex(RULE_DESCRIPTIONS));
