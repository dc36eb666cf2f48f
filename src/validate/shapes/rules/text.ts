import { broadcastShapes } from '../broadcast-shapes.ts';
import { Contradiction } from '../contradiction.ts';
import type { Sizes } from '../fact.ts';
import type { NodeContext } from '../node-context.ts';
import { always, output, outputs, type RuleTable, shapeOf } from '../rule.ts';

export const text: RuleTable = {
  StringConcat: output(always('string'), (context) => broadcastShapes([context.shape(0), context.shape(1)])),
  RegexFullMatch: output(always('bool'), shapeOf(0)),
  StringNormalizer: output(always('string'), normalizedStrings),
  StringSplit: outputs([always('string'), always('int64')], (context) => {
    const shape = context.shape(0);
    const splits = context.int('maxsplit');
    const letters = context.letters(0);
    // Delimiters may follow one another, with an empty text between them.
    const bounds = [splits, letters].filter((most) => most !== null).map((most) => most + 1);
    return [[...shape, context.dependsOnData(bounds.length === 0 ? null : Math.min(...bounds))], shape];
  }),
  TfIdfVectorizer: output(always('float'), countedNgrams),
};

/** A text, or a batch of them; the columns are as many as the largest index says. */
function countedNgrams(context: NodeContext): Sizes {
  const shape = context.shape(0);
  if (shape.length !== 1 && shape.length !== 2) {
    throw new Contradiction('an input has the wrong rank', {
      found: `rank ${shape.length}`,
      wanted: 'rank 1 or 2',
      input: 0,
    });
  }
  const indexes = context.ints('ngram_indexes', MAX_NGRAMS) ?? [];
  const low = indexes.find((index) => index < 0);
  if (low !== undefined || context.listLength('ngram_indexes') === 0) {
    throw new Contradiction('n-grams have no columns', {
      found: String(low ?? 'no index'),
      wanted: 'indices of at least 0',
    });
  }
  return [...shape.slice(0, -1), Math.max(-1, ...chunks(indexes)) + 1];
}

/** Vocabularies of a few hundred thousand n-grams exist; their indices are read once. */
const MAX_NGRAMS = 2_000_000;

/** Stop words are taken out, of which one empty string remains where nothing else does. */
function normalizedStrings(context: NodeContext): Sizes {
  const shape = context.shape(0);
  if (context.listLength('stopwords') === 0) return shape;
  return [...shape.slice(0, -1), context.dependsOnData(shape.at(-1) ?? 1)];
}

/** The largest of each thousand: a function takes only so many arguments. */
function* chunks(values: readonly number[]): Generator<number> {
  for (let at = 0; at < values.length; at += 1000) yield Math.max(...values.slice(at, at + 1000));
}
