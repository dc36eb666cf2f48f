import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { RULE_DESCRIPTIONS } from '../../../src/validate/rules/rules.ts';
import { ASSAY_RULES } from '../../../src/validate/runtime/assay-rules.ts';
import { ruleIndex, rulePage, rulePageName } from '../../support/rule-pages.ts';
import { EXAMPLES } from './examples/examples.ts';

const SOURCES = fileURLToPath(new URL('../../../src/', import.meta.url));
const PAGES = fileURLToPath(new URL('../../../docs/rules/', import.meta.url));
const ROOMS = ['structure', 'runtime', 'production', 'config'].map((area) => ({ area, folder: `rules/${area}` }));
const ALL_ROOMS = [...ROOMS, { area: 'budget', folder: 'budget' }, { area: 'memory', folder: 'memory-rules' }];

describe('the table of rules', () => {
  it('has each rule once, under an id of area and name', () => {
    const ids = RULE_DESCRIPTIONS.map(({ id }) => id);
    assert.deepEqual(
      ids.filter((id, index) => ids.indexOf(id) !== index),
      [],
    );
    for (const id of ids) assert.match(id, /^[a-z]+\/[a-z0-9]+(-[a-z0-9]+)*$/);
  });

  it('has every rule that has a file', () => {
    const inFiles = ALL_ROOMS.flatMap(({ area, folder }) => {
      const room = fileURLToPath(new URL(`../../../src/validate/${folder}/`, import.meta.url));
      const files = readdirSync(room).filter((file) =>
        readFileSync(`${room}/${file}`, 'utf8').includes('export const rule:'),
      );
      return files.map((file) => `${area}/${file.replace('.ts', '')}`);
    });
    const inTable = ASSAY_RULES.map(({ id }) => id);
    assert.deepEqual([...inFiles, ...inTable].sort(), RULE_DESCRIPTIONS.map(({ id }) => id).sort());
  });

  it('has every rule that the sources name anywhere', () => {
    const known = new Set(RULE_DESCRIPTIONS.map(({ id }) => id));
    const areas = [...new Set([...known].map((id) => id.split('/')[0]))].join('|');
    const named = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .flatMap((file) => [
        ...readFileSync(`${SOURCES}${file}`, 'utf8').matchAll(new RegExp(`rule: '((?:${areas})/[a-z0-9-]+)'`, 'g')),
      ])
      .map(([, id = '']) => id);
    assert.ok(named.length > 0);
    assert.deepEqual(
      [...new Set(named)].filter((id) => !known.has(id)),
      [],
    );
  });

  it('has examples for every rule and for nothing else', () => {
    assert.deepEqual(Object.keys(EXAMPLES).sort(), RULE_DESCRIPTIONS.map(({ id }) => id).sort());
  });

  it('has a page for every rule, made from the rule and its examples, and no page for anything else', () => {
    const wanted = new Map(RULE_DESCRIPTIONS.map((rule) => [rulePageName(rule), rulePage(rule, EXAMPLES[rule.id])]));
    wanted.set('README.md', ruleIndex(RULE_DESCRIPTIONS));
    assert.deepEqual(readdirSync(PAGES).sort(), [...wanted.keys()].sort());
    for (const [name, text] of wanted) {
      assert.equal(readFileSync(`${PAGES}${name}`, 'utf8'), text, `${name}: run scripts/make-rule-docs.ts`);
    }
  });
});

describe('every rule', () => {
  for (const { id } of RULE_DESCRIPTIONS) {
    it(`${id} finds fault with its failing example and with no passing one`, () => {
      const found = (example: 'fails' | 'passes') =>
        EXAMPLES[id]?.[example].findings().filter(({ rule }) => rule === id);
      assert.notDeepEqual(found('fails'), []);
      assert.deepEqual(found('passes'), []);
    });

    it(`${id} has a passing example without errors of any rule`, () => {
      const errors = EXAMPLES[id]?.passes.findings().filter(({ severity }) => severity === 'error');
      assert.deepEqual(errors, []);
    });
  }
});
