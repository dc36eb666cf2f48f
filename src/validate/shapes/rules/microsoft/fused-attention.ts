import type { ElementType } from '../../../../onnx/model.ts';
import { sizeAt } from '../../axes.ts';
import type { Sizes } from '../../fact.ts';
import type { NodeContext } from '../../node-context.ts';
import { output, outputs, type RuleTable, typeOf } from '../../rule.ts';
import { add, multiply } from '../../size/arithmetic.ts';
import { floorDivide } from '../../size/division.ts';
import { larger } from '../../size/extremes.ts';
import type { Size } from '../../size/size.ts';
import { divideHeads, headsOf } from '../attention.ts';

export const fusedAttention: RuleTable = {
  Attention: outputs([typeOf(0)], (context) => mergedAttention(context, { past: 4 })),
  DecoderMaskedSelfAttention: outputs([typeOf(0)], (context) => mergedAttention(context, { past: 4 })),
  QAttention: outputs([typeOf(2)], (context) => mergedAttention(context, { past: 8 })),
  MultiHeadAttention: outputs([typeOf(0)], (context) => multiHeadAttention(context, { past: 6, pastLength: 8 })),
  DecoderMaskedMultiHeadAttention: outputs([typeOf(0)], (context) =>
    multiHeadAttention(context, { past: 5, pastLength: 7 }),
  ),
  GroupQueryAttention: outputs([typeOf(0), typeOfCache, typeOfCache, typeOf(0)], groupQueryAttention),
  SparseAttention: outputs([typeOf(0)], (context) => [unpackedQuery(context), context.shape(3), context.shape(4)]),
  PagedAttention: outputs([typeOf(0), typeOf(3), typeOf(4)], (context) => [
    pagedOutput(context),
    context.shape(3),
    context.shape(context.has(4) ? 4 : 3),
  ]),
  PackedAttention: output(typeOf(0), (context) => [sizeAt(context.shape(0), 0), valueWidth(context)]),
  PackedMultiHeadAttention: output(typeOf(0), (context) => [sizeAt(context.shape(0), 0), packedValueWidth(context)]),
  DecoderAttention: outputs([typeOf(0)], (context) => {
    const shape = context.shapeOfRank(0, 3);
    const [, batch = 1, hidden = 1] = shape;
    const heads = context.int('num_heads', 1);
    const cache = [batch, heads, context.dependsOnData(), divideHeads(hidden, heads)];
    return [shape, cache, cache];
  }),
  EmbedLayerNormalization: outputs([typeOf(2), typeOf(0), typeOf(2)], embedded),
  QEmbedLayerNormalization: outputs([typeOf(8), typeOf(0)], embedded),
  GatedRelativePositionBias: output(typeOf(0), (context) => {
    const heads = context.int('num_heads', 1);
    const [batch = 1, length = 1] = context.has(6) ? context.shapeOfRank(6, 2) : context.shapeOfRank(0, 3);
    return [batch, heads, length, length];
  }),
  RelativePositionBias: output(typeOf(0), (context) => [
    1,
    sizeAt(context.shape(0), 1),
    context.count(1),
    context.count(2),
  ]),
  LinearAttention: outputs([typeOf(0), (context) => context.elementType(context.has(3) ? 3 : 0)], linearAttention),
  GatedDeltaNet: outputs([typeOf(0), (context) => context.elementType(context.has(6) ? 6 : 0)], (context) => {
    const [tokens = 1, queryHeads = 1] = context.shapeOfRank(0, 3);
    const [, valueHeads = 1, width = 1] = context.shapeOfRank(2, 3);
    const shape = [tokens, larger(queryHeads, valueHeads), width];
    return context.has(6) ? [shape, context.shape(6)] : [shape];
  }),
  RemovePadding: outputs([typeOf(0), typeOf(1)], (context) => {
    const [batch = 1, length = 1, hidden = 1] = context.shapeOfRank(0, 3);
    return [[context.dependsOnData(multiply(batch, length)), hidden], [batch, length], [add(batch, 1)], [1]];
  }),
  RestorePadding: output(typeOf(0), (context) => [...context.shapeOfRank(1, 2), sizeAt(context.shapeOfRank(0, 2), 1)]),
};

/** Query, key and value are made from one input by merged weights; key and value are cached side by side. */
function mergedAttention(context: NodeContext, { past }: { readonly past: number }): readonly Sizes[] {
  const [batch = 1, length = 1] = context.shapeOfRank(0, 3);
  const heads = context.int('num_heads', 1);
  const value = valueWidth(context);
  const shape = [batch, length, value];
  if (context.flag('past_present_share_buffer') && context.has(past)) return [shape, context.shape(past)];
  const before = context.has(past) ? sizeAt(context.shape(past), 3) : 0;
  return [shape, [2, batch, heads, add(before, length), divideHeads(keyWidth(context), heads)]];
}

function valueWidth(context: NodeContext): Size {
  return context.ints('qkv_hidden_sizes')?.[2] ?? floorDivide(sizeAt(context.shape(1), 1), 3);
}

function keyWidth(context: NodeContext): Size {
  return context.ints('qkv_hidden_sizes')?.[1] ?? floorDivide(sizeAt(context.shape(1), 1), 3);
}

/** Query, key and value come apart, packed into one, or key and value already split into heads. */
function multiHeadAttention(
  context: NodeContext,
  { past, pastLength }: { readonly past: number; readonly pastLength: number },
): readonly Sizes[] {
  const heads = context.int('num_heads', 1);
  const query = context.shape(0);
  const [batch = 1, length = 1] = query;
  const { key, value } = keyAndValue(context, { query, heads });
  const shape = [batch, length, multiply(heads, value.headSize)];
  if (context.has(past) && context.has(pastLength)) return [shape, context.shape(past), context.shape(past + 1)];
  const before = context.has(past) ? sizeAt(context.shape(past), 2) : 0;
  const total = add(before, key.length);
  return [
    shape,
    [batch, heads, total, key.headSize],
    [batch, heads, total, value.headSize],
    [batch, heads, length, total],
  ];
}

interface Side {
  readonly length: Size;
  readonly headSize: Size;
}

function keyAndValue(
  context: NodeContext,
  { query, heads }: { readonly query: Sizes; readonly heads: number },
): { readonly key: Side; readonly value: Side } {
  const packed = query.length === 5 ? query : context.has(1) && context.shape(1).length === 5 ? context.shape(1) : null;
  if (packed) {
    const side = { length: sizeAt(packed, 1), headSize: sizeAt(packed, 4) };
    return { key: side, value: side };
  }
  if (!context.has(1)) {
    const side = { length: sizeAt(query, 1), headSize: divideHeads(floorDivide(sizeAt(query, 2), 3), heads) };
    return { key: side, value: side };
  }
  return { key: headsOf(context, 1, heads), value: headsOf(context, 2, heads) };
}

/** The cache is as long as its buffer, or as the longest sequence after this step if that is longer. */
function groupQueryAttention(context: NodeContext): readonly Sizes[] {
  const heads = context.int('num_heads', 1);
  const keyHeads = context.int('kv_num_heads', 1);
  const shape = unpackedQuery(context);
  const [batch = 1, length = 1] = shape;
  const headSize = divideHeads(sizeAt(shape, 2), heads);
  const total = context.count(6);
  const present = context.has(3) ? larger(sizeAt(context.shape(3), 2), total) : total;
  const cache = [batch, keyHeads, present, context.has(3) ? sizeAt(context.shape(3), 3) : headSize];
  return [shape, cache, cache, [batch, heads, length, total]];
}

function typeOfCache(context: NodeContext): ElementType {
  return context.elementType(context.has(3) ? 3 : 0);
}

/** The shape of the query alone, also where keys and values are packed behind it. */
function unpackedQuery(context: NodeContext): Sizes {
  const shape = context.shape(0);
  if (context.has(1)) return shape;
  const [heads, keyHeads] = [context.int('num_heads', 1), context.int('kv_num_heads', 1)];
  return [...shape.slice(0, -1), multiply(divideHeads(shape.at(-1) ?? 1, heads + 2 * keyHeads), heads)];
}

function pagedOutput(context: NodeContext): Sizes {
  const width = context.int('v_head_size');
  const shape = unpackedQuery(context);
  return width ? [sizeAt(shape, 0), width * context.int('num_heads', 1)] : shape;
}

function packedValueWidth(context: NodeContext): Size {
  const query = context.shape(0);
  return query.length === 4 ? multiply(sizeAt(query, 1), sizeAt(query, 3)) : sizeAt(context.shape(2), 1);
}

function embedded(context: NodeContext): readonly Sizes[] {
  const [batch = 1, length = 1] = context.shapeOfRank(0, 2);
  const shape = [batch, length, sizeAt(context.shape(2), 1)];
  return [shape, [batch], shape];
}

function linearAttention(context: NodeContext): readonly Sizes[] {
  const [queryHeads, keyHeads] = [context.int('q_num_heads', 1), context.int('kv_num_heads', 1)];
  const query = headsOf(context, 0, queryHeads);
  const value = headsOf(context, 2, keyHeads);
  const state = [query.batch, keyHeads, query.headSize, value.headSize];
  const window = context.int('state_window', 0);
  return [
    [query.batch, query.length, multiply(Math.max(queryHeads, keyHeads), value.headSize)],
    window > 0 ? [window, ...state] : state,
  ];
}
