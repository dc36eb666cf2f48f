import { sizeAt, withSize } from '../../axes.ts';
import type { Sizes } from '../../fact.ts';
import { multiplyShapes, transposeBatch, transposeMatrix } from '../../matrix-shapes.ts';
import type { NodeContext } from '../../node-context.ts';
import { always, output, outputs, type RuleTable, type ShapeOf, typeOf } from '../../rule.ts';
import type { Size } from '../../size/size.ts';
import { generalProduct, matrixProduct } from '../matrix.ts';
import { elementTypeAttribute } from '../types.ts';

export const fusedMatrix: RuleTable = {
  FusedMatMul: output(typeOf(0), transposedProduct),
  FusedMatMulActivation: output(typeOf(0), transposedProduct),
  TransposeMatMul: output(typeOf(0), transposedProduct),
  SparseToDenseMatMul: output(typeOf(1), transposedProduct),
  FusedGemm: output(typeOf(0), generalProduct(0, 1)),
  GemmFloat8: output((context) => elementTypeAttribute(context, 'dtype', 'float'), generalProduct(0, 1)),
  GemmFastGelu: output(typeOf(0), matrixProduct(0, 1)),
  CDist: output(typeOf(0), (context) => [sizeAt(context.shape(0), 0), sizeAt(context.shape(1), 0)]),

  MatMulInteger16: output(always('int32'), matrixProduct(0, 1)),
  MatMulIntegerToFloat: output(typeOf(2), matrixProduct(0, 1)),
  DynamicQuantizeMatMul: output(typeOf(0), matrixProduct(0, 1)),
  QGemm: output((context) => (context.has(8) ? context.elementType(8) : 'float'), generalProduct(0, 3)),
  MatMulNBits: output(
    typeOf(0),
    withColumns((context) => context.int('N', 1)),
  ),
  MatMulBnb4: output(
    typeOf(0),
    withColumns((context) => context.int('N', 1)),
  ),
  MatMulFpQ4: output(
    typeOf(0),
    withColumns((context) => context.counts(2)?.[1] ?? context.dependsOnData()),
  ),
  MatMulBlockQuantizedFp4Weight: output(
    typeOf(0),
    withColumns((context) => sizeAt(context.shape(1), 0)),
  ),
  MatMulBlockQuantizedFp8Weight: output(
    typeOf(0),
    withColumns((context) => sizeAt(context.shape(1), 0)),
  ),
  MatMulNBitsMlp: outputs([typeOf(0)], (context) => [columns(context, context.int('N', 1)), context.shape(0)]),
  MatMulNBitsQkv: outputs([typeOf(0)], (context) => {
    const keys = columns(context, context.int('Nkv', 1));
    return [columns(context, context.int('Nq', 1)), keys, keys, context.shape(0)];
  }),
};

/** `transBatch` moves the first dimension behind the batch, `trans` then swaps the last two. */
function transposedProduct(context: NodeContext): Sizes {
  return multiplyShapes(oriented(context, 0, 'A'), oriented(context, 1, 'B'));
}

function oriented(context: NodeContext, input: number, operand: 'A' | 'B'): Sizes {
  const shape = context.shape(input);
  const moved = context.flag(`transBatch${operand}`) ? transposeBatch(shape) : shape;
  return context.flag(`trans${operand}`) ? transposeMatrix(moved) : moved;
}

/** Rows of input 0 times weights that are stored packed, so their shape says nothing. */
function withColumns(size: (context: NodeContext) => Size): ShapeOf {
  return (context) => columns(context, size(context));
}

function columns(context: NodeContext, size: Size): Sizes {
  const shape = context.shape(0);
  return withSize(shape, shape.length - 1, size);
}
