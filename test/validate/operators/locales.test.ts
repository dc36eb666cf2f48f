import assert from 'node:assert/strict';
import { localesOf } from '../../../src/validate/operators/locales.ts';
import { type AttributeParts, graph, model, node } from '../../support/model-builder.ts';

const ROWS: readonly (readonly [AttributeParts, readonly string[]])[] = [
  [{}, []],
  [{ case_change_action: 'LOWER' }, ['en_US.UTF-8']],
  [{ case_change_action: 'UPPER', locale: 'de_DE.UTF-8' }, ['de_DE.UTF-8']],
  [{ case_change_action: 'LOWER', locale: 'C.UTF-8' }, []],
  [{ case_change_action: 'NONE', stopwords: ['a'] }, ['en_US.UTF-8']],
  [{ case_change_action: 'NONE', stopwords: ['a'], is_case_sensitive: 1 }, []],
];

const normalizer = (attributes: AttributeParts) => node('y = StringNormalizer(x)', attributes);

describe('The locales of a model', () => {
  for (const [attributes, wanted] of ROWS) {
    it(`are ${wanted.length === 0 ? 'none' : wanted.join()} for ${JSON.stringify(attributes)}`, () => {
      assert.deepEqual(localesOf(model({ nodes: [normalizer(attributes)] })), wanted);
    });
  }

  it('are found in subgraphs', () => {
    const branch = graph({ nodes: [normalizer({ case_change_action: 'LOWER' })] });
    assert.deepEqual(localesOf(model({ nodes: [node('y = If(c)', { then_branch: branch })] })), ['en_US.UTF-8']);
  });
});
