import { Contradiction } from '../contradiction.ts';
import type { Sizes } from '../fact.ts';
import { assertInnerEqual, multiplyShapes, transposeMatrix } from '../matrix-shapes.ts';
import type { NodeContext } from '../node-context.ts';
import { always, output, type RuleTable, type ShapeOf, typeOf } from '../rule.ts';
import { einsum } from './einsum.ts';

export const matrix: RuleTable = {
  MatMul: output(typeOf(0), matrixProduct(0, 1)),
  MatMulInteger: output(always('int32'), matrixProduct(0, 1)),
  QLinearMatMul: output(typeOf(7), matrixProduct(0, 3)),
  Gemm: output(typeOf(0), generalProduct(0, 1)),
  Det: output(typeOf(0), (context) => {
    const shape = context.shape(0);
    if (shape.length < 2)
      throw new Contradiction('only matrices have a determinant', {
        found: `rank ${shape.length}`,
        wanted: 'rank 2 or more',
      });
    return shape.slice(0, -2);
  }),
  Einsum: output(typeOf(0), einsum),
};

export function matrixProduct(a: number, b: number): ShapeOf {
  return (context) => multiplyShapes(context.shape(a), context.shape(b));
}

/** `Gemm`: two matrices, each transposed on demand. */
export function generalProduct(a: number, b: number): ShapeOf {
  return (context) => {
    const left = oriented(context, a, 'transA');
    const right = oriented(context, b, 'transB');
    assertInnerEqual(left[1] ?? 1, right[0] ?? 1, { a: left, b: right });
    return [left[0] ?? 1, right[1] ?? 1];
  };
}

function oriented(context: NodeContext, index: number, transposed: string): Sizes {
  const shape = context.shapeOfRank(index, 2);
  return context.flag(transposed) ? transposeMatrix(shape) : shape;
}
