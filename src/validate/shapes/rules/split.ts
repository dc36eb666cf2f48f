import { normalizeAxis, sizeAt, withSize } from '../axes.ts';
import { Contradiction } from '../contradiction.ts';
import { renderShape, type Sizes, tensor, tensorOfUnknownShape } from '../fact.ts';
import type { NodeContext } from '../node-context.ts';
import { type Rule, reasonOfFailure } from '../rule.ts';
import { multiply, subtract, sum } from '../size/arithmetic.ts';
import { ceilDivide } from '../size/division.ts';
import { isEqual } from '../size/extremes.ts';
import type { Size } from '../size/size.ts';

/** Parts of these sizes, from the attribute, the input, or even ones; a list of single values is followed into its parts. */
export const split: Rule = (context) => {
  const type = context.elementType(0);
  try {
    const shape = context.shape(0);
    const axis = normalizeAxis(context.int('axis', 0), shape.length);
    const parts = partSizes(context, sizeAt(shape, axis));
    const elements = shape.length === 1 ? context.elements(0) : null;
    let from = 0;
    return parts.map((part) => {
      const known = typeof part === 'number' ? (elements?.slice(from, from + part) ?? null) : null;
      from += typeof part === 'number' ? part : 0;
      return tensor(type, withSize(shape, axis, part), known);
    });
  } catch (error) {
    const reason = reasonOfFailure(context, error);
    return context.node.outputs.map(() => tensorOfUnknownShape(type, reason));
  }
};

function partSizes(context: NodeContext, whole: Size): Sizes {
  const given = context.has(1) ? context.counts(1) : context.ints('split');
  if (given && given.length > 0) return checked(given, whole, context);
  if (context.has(1)) return context.node.outputs.map(() => context.dependsOnData(whole));
  if (context.version >= 18 && context.int('num_outputs') === null) {
    throw new Contradiction('nothing says what the parts are', {
      wanted: 'an input "split" or an attribute num_outputs',
    });
  }
  const count = context.int('num_outputs', context.outputCount);
  if (typeof whole === 'number' && context.version < 18 && whole % count !== 0) {
    throw new Contradiction('a dimension cannot be split evenly', {
      found: String(whole),
      wanted: `a multiple of ${count}`,
      input: 0,
    });
  }
  // Where it does not come out even, the last part is the smaller one.
  const part = ceilDivide(whole, count);
  return Array.from({ length: context.outputCount }, (_, index) =>
    index < count - 1 ? part : subtract(whole, multiply(part, count - 1)),
  );
}

function checked(parts: Sizes, whole: Size, context: NodeContext): Sizes {
  if (parts.length !== context.outputCount || isEqual(sum(parts), whole) === false) {
    throw new Contradiction('the parts do not make up the whole', {
      found: `${renderShape(parts)} into ${context.outputCount} outputs`,
      wanted: `parts that add up to ${renderShape([whole])}`,
    });
  }
  return parts;
}
