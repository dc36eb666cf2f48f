import { Contradiction } from '../contradiction.ts';
import { renderShape, type Sizes } from '../fact.ts';
import type { NodeContext } from '../node-context.ts';
import { output, outputs, type RuleTable, typeOf } from '../rule.ts';
import { add, multiply } from '../size/arithmetic.ts';
import { exactQuotient, floorDivide } from '../size/division.ts';
import { type Size, textOf } from '../size/size.ts';

export const attention: RuleTable = {
  Attention: outputs([typeOf(0), typeOf(1), typeOf(2), typeOf(0)], attentionShapes),
  RotaryEmbedding: output(typeOf(0), (context) => {
    const shape = context.shape(0);
    if (shape.length !== 3 && shape.length !== 4) {
      throw new Contradiction('an input has the wrong rank', {
        found: `rank ${shape.length}`,
        wanted: 'rank 3 or 4',
        input: 0,
      });
    }
    return shape;
  }),
  LinearAttention: outputs([typeOf(0), (context) => context.elementType(context.has(3) ? 3 : 0)], linearAttention),
};

/** ai.onnx.preview */
export const previewAttention: RuleTable = {
  FlexAttention: output(typeOf(0), (context) => {
    const [query, value] = [context.shapeOfRank(0, 4), context.shapeOfRank(2, 4)];
    return [...query.slice(0, 3), value[3] ?? 1];
  }),
};

/** What stands in a tensor of queries, keys or values, by heads or with the heads side by side. */
export interface Heads {
  readonly batch: Size;
  readonly heads: Size;
  readonly length: Size;
  readonly headSize: Size;
}

/** Reads `[batch, heads, length, size]`, or `[batch, length, heads * size]` where the number of heads is said elsewhere. */
export function headsOf(context: NodeContext, input: number, heads: number | null): Heads {
  const shape = context.shape(input);
  const [batch = 1, second = 1, third = 1, fourth = 1] = shape;
  if (shape.length === 4) return { batch, heads: second, length: third, headSize: fourth };
  if (shape.length === 3 && heads !== null)
    return { batch, heads, length: second, headSize: divideHeads(third, heads) };
  throw new Contradiction('attention needs three dimensions and the number of heads, or four', {
    found: renderShape(shape),
    input,
  });
}

export function divideHeads(hidden: Size, heads: number): Size {
  if (heads < 1 || (typeof hidden === 'number' && hidden % heads !== 0)) {
    throw new Contradiction('the hidden size is not divisible into heads', {
      found: `${textOf(hidden)} in ${heads} heads`,
    });
  }
  return exactQuotient(hidden, heads) ?? floorDivide(hidden, heads);
}

/** The past, where it is given, stands before the new keys and values. */
function attentionShapes(context: NodeContext): readonly Sizes[] {
  const keyHeads = context.int('kv_num_heads');
  const query = headsOf(context, 0, context.int('q_num_heads'));
  const key = headsOf(context, 1, keyHeads);
  const value = headsOf(context, 2, keyHeads);
  const past = context.has(4) ? (context.shapeOfRank(4, 4)[2] ?? 0) : 0;
  const total = add(past, key.length);
  const isSplit = context.shape(0).length === 4;
  return [
    isSplit
      ? [query.batch, query.heads, query.length, value.headSize]
      : [query.batch, query.length, multiply(query.heads, value.headSize)],
    [key.batch, key.heads, total, key.headSize],
    [value.batch, value.heads, total, value.headSize],
    [query.batch, query.heads, query.length, total],
  ];
}

function linearAttention(context: NodeContext): readonly Sizes[] {
  const keyHeads = context.int('kv_num_heads', 1);
  const query = headsOf(context, 0, context.int('q_num_heads', 1));
  const value = headsOf(context, 2, keyHeads);
  return [
    [query.batch, query.length, multiply(query.heads, value.headSize)],
    [query.batch, keyHeads, query.headSize, value.headSize],
  ];
}
