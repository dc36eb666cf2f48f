import assert from 'node:assert/strict';
import { Random } from '../../../bench/mutations.ts';
import { patternFault } from '../../../src/validate/rules/runtime/pattern-fault.ts';
import { useLoadingChild } from '../../support/loading-child.ts';
import { model, node } from '../../support/model-builder.ts';

const PATTERNS: readonly (readonly [pattern: string, fault: RegExp | null])[] = [
  ['\\b\\w\\w+\\b', null],
  ['(?i)a|b*?(c{2,3})[^\\]x-]+$', null],
  ['(?P<year>\\d{4})-(?:0[1-9]|1[0-2])', null],
  ['[[:alpha:]_]\\pL\\p{Greek}\\x{10FFFF}\\Qa(b\\E\\.', null],
  ['[]a]', null],
  ['', null],
  ['(?u)\\b\\w\\w+\\b', /group/],
  ['a(?=b)', /lookahead/],
  ['(?<!a)b', /lookbehind/],
  ['(?>a)b', /atomic/],
  ['(a)\\1', /escape/],
  ['a\\Z', /escape/],
  ['a++', /repetition/],
  ['*a', /nothing to repeat/],
  ['(a', /not closed/],
  ['a)', /not opened/],
  ['[a', /not closed/],
  ['a{1001}', /1000/],
  ['a{3,2}', /more than it allows/],
];

const PIECES =
  `a|b|(|)|[|]|*|+|?|{2}|{1,3}|{2,1}|{x}|^|$|.|\\d|\\b|\\1|\\Z|\\pN|(?:|(?i)|(?=|(?P<n>|-|\\\\|\\-|é`.split('|');

describe('What RE2 does not take in a pattern', () => {
  const load = useLoadingChild();

  async function loads(pattern: string): Promise<boolean> {
    const matching = node('y = RegexFullMatch(x)', { pattern });
    const outcome = await load(
      model({ inputs: ['string[n] x'], outputs: ['bool[n] y'], nodes: [matching], opsets: { 'ai.onnx': 20 } }),
    );
    return outcome?.outcome === 'ok';
  }

  for (const [pattern, fault] of PATTERNS) {
    it(`is known for ${JSON.stringify(pattern)}`, async () => {
      const found = patternFault(pattern);
      assert.equal(await loads(pattern), fault === null);
      if (fault === null) assert.equal(found, null);
      else assert.match(found ?? '', fault);
    });
  }

  it('is never seen in a pattern that the runtime takes', async () => {
    const random = new Random(7);
    for (let round = 0; round < 400; round += 1) {
      const pattern = Array.from({ length: 1 + random.below(6) }, () => random.pick(PIECES)).join('');
      if (patternFault(pattern) !== null) assert.ok(!(await loads(pattern)), pattern);
    }
  });
});
