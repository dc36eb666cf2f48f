import type { ElementType } from '../../../onnx/model.ts';
import { Contradiction } from '../contradiction.ts';
import { followableCount, inType } from '../elements.ts';
import type { Element, Sizes } from '../fact.ts';
import type { NodeContext } from '../node-context.ts';
import { always, output, type RuleTable, shapeOf, type TypeOf, typeOf } from '../rule.ts';
import { add, subtract } from '../size/arithmetic.ts';
import { ceilDivide, floorDivide } from '../size/division.ts';
import { larger } from '../size/extremes.ts';
import type { Size } from '../size/size.ts';
import { constant } from './constant.ts';
import { elementTypeAttribute } from './types.ts';

/** Operators that make a tensor from little or nothing. */
export const generators: RuleTable = {
  Constant: constant,
  ConstantOfShape: output(filledType, (context) => context.sizesFrom(0), filledElements),
  Range: output(typeOf(0), range, rangeElements),
  EyeLike: output(typeAttribute('dtype', 0), (context) => context.shapeOfRank(0, 2)),
  RandomNormal: output(typeAttribute('dtype', 'float'), shapeAttribute),
  RandomUniform: output(typeAttribute('dtype', 'float'), shapeAttribute),
  RandomNormalLike: output(typeAttribute('dtype', 0), shapeOf(0)),
  RandomUniformLike: output(typeAttribute('dtype', 0), shapeOf(0)),
  GivenTensorFill: output(() => 'float', shapeAttribute),
  Multinomial: output(typeAttribute('dtype', 'int32'), (context) => [
    context.shapeOfRank(0, 2)[0] ?? 1,
    context.int('sample_size', 1),
  ]),
  ImageDecoder: output(always('uint8'), (context) => [
    context.dependsOnData(),
    context.dependsOnData(),
    context.text('pixel_format', 'RGB') === 'Grayscale' ? 1 : 3,
  ]),
  BlackmanWindow: output(typeAttribute('output_datatype', 'float'), oneSize),
  HammingWindow: output(typeAttribute('output_datatype', 'float'), oneSize),
  HannWindow: output(typeAttribute('output_datatype', 'float'), oneSize),
  MelWeightMatrix: output(typeAttribute('output_datatype', 'float'), (context) => {
    const length = context.count(1);
    return [add(floorDivide(length, 2), 1), context.count(0)];
  }),
};

/** The type that an attribute names; where it is left out, a fixed one or that of an input. */
export function typeAttribute(name: string, otherwise: ElementType | number): TypeOf {
  return (context) =>
    elementTypeAttribute(context, name, typeof otherwise === 'number' ? context.elementType(otherwise) : otherwise);
}

function oneSize(context: NodeContext): Sizes {
  return [context.count(0)];
}

function shapeAttribute(context: NodeContext): Sizes {
  const shape = context.ints('shape');
  if (!shape) throw new Contradiction('attribute shape is missing');
  return shape;
}

function filledType(context: NodeContext): ElementType {
  const value = context.attribute('value');
  return value?.kind === 'tensor' ? value.value.elementType : 'float';
}

function filledElements(context: NodeContext, shape: Sizes): readonly Element[] | null {
  const value = context.attribute('value');
  const [filling = null] = value?.kind === 'tensor' ? (context.services.readTensor(value.value) ?? []) : [0];
  return filling === null ? null : new Array<Element>(followableCount(shape) ?? 0).fill(filling);
}

/** From `start` up to, not including, `limit`. */
export function range(context: NodeContext): Sizes {
  const [start, limit, delta] = [context.scalar(0), context.scalar(1), context.has(2) ? context.scalar(2) : 1];
  if (start === null || limit === null || typeof delta !== 'number') return [context.dependsOnData()];
  if (delta === 0) throw new Contradiction('a range cannot stand still', { found: 'delta 0', input: 2 });
  if (typeof start === 'number' && typeof limit === 'number') return [Math.max(0, Math.ceil((limit - start) / delta))];
  if (!Number.isInteger(delta) || !isWhole(start) || !isWhole(limit)) return [context.dependsOnData()];
  const [low, high] = delta > 0 ? [start, limit] : [limit, start];
  return [larger(0, ceilDivide(subtract(high, low), Math.abs(delta)))];
}

function rangeElements(context: NodeContext, shape: Sizes): readonly Element[] | null {
  const [start, delta] = [context.scalar(0), context.scalar(2)];
  const type = context.elementType(0);
  if (typeof start !== 'number' || typeof delta !== 'number') return null;
  return Array.from({ length: followableCount(shape) ?? 0 }, (_, index) => inType(start + index * delta, type));
}

function isWhole(value: Size): boolean {
  return typeof value !== 'number' || Number.isSafeInteger(value);
}
