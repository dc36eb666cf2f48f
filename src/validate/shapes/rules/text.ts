import { broadcastShapes } from '../broadcast-shapes.ts';
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
    return [[...shape, context.dependsOnData(splits === null ? null : splits + 1)], shape];
  }),
  TfIdfVectorizer: output(always('float'), (context) => [
    ...context.shape(0).slice(0, -1),
    Math.max(-1, ...chunks(context.ints('ngram_indexes', MAX_NGRAMS) ?? [])) + 1,
  ]),
};

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
