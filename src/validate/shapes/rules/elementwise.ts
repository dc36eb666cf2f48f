import type { ElementType } from '../../../onnx/model.ts';
import { broadcastShapes } from '../broadcast-shapes.ts';
import { Contradiction } from '../contradiction.ts';
import { combine, type Operand } from '../elements.ts';
import { renderShape, type Sizes } from '../fact.ts';
import type { NodeContext } from '../node-context.ts';
import {
  always,
  type ElementsOf,
  type Entry,
  output,
  type Rule,
  type RuleTable,
  shapeOf,
  type TypeOf,
  typeOf,
} from '../rule.ts';
import { negate } from '../size/arithmetic.ts';
import { isEqual } from '../size/extremes.ts';
import * as values from './arithmetic-of-elements.ts';
import { elementTypeAttribute } from './types.ts';

/** Operators that work on each element by itself, alone or on operands that are broadcast to one shape. */
export const elementwise: RuleTable = {
  ...Object.fromEntries(
    `Acos Acosh Asin Asinh Atan Atanh BitwiseNot Celu Cos Cosh Elu Erf Exp Gelu HardSigmoid HardSwish Hardmax LeakyRelu Log
     LogSoftmax LpNormalization LRN MeanVarianceNormalization Mish Reciprocal Selu Shrink Sigmoid Sin Sinh Softmax Softplus
     Softsign Swish Tan Tanh ThresholdedRelu Affine ImageScaler MemcpyFromHost MemcpyToHost ParametricSoftplus Scale ScaledTanh`
      .split(/\s+/)
      .map((name) => [name, unary()]),
  ),
  Abs: unary(values.unaryElement(Math.abs, (value) => value)),
  Neg: unary(values.unaryElement((value) => -value, negate)),
  Ceil: unary(values.unaryElement(Math.ceil, (value) => value)),
  Floor: unary(values.unaryElement(Math.floor, (value) => value)),
  Round: unary(values.unaryElement(roundHalfToEven, (value) => value)),
  Sqrt: unary(values.unaryElement(Math.sqrt)),
  Sign: unary(values.unaryElement(Math.sign)),
  Relu: unary(values.unaryElement((value) => Math.max(value, 0))),
  Not: unary(values.notElement),
  IsNaN: unary(undefined, always('bool')),
  IsInf: unary(undefined, always('bool')),
  PRelu: output(typeOf(0), shapeOf(0)),
  SwiGLU: output(typeOf(0), (context) => equalShapes(context.shape(0), context.shape(1))),

  Add: legacyThenBroadcast(values.addElements),
  Sub: legacyThenBroadcast(values.subtractElements),
  Mul: legacyThenBroadcast(values.multiplyElements),
  Div: legacyThenBroadcast(values.divideElements),
  Pow: { 1: output(typeOf(0), shapeOf(0)), 7: broadcasting(values.powerOfElements) },
  Mod: broadcasting((operands, type, context) => values.moduloOfElements(context.flag('fmod'))(operands, type)),
  BitShift: broadcasting(),
  BitwiseAnd: broadcasting(),
  BitwiseOr: broadcasting(),
  BitwiseXor: broadcasting(),
  Sum: { 1: output(typeOf(0), shapeOf(0)), 8: broadcasting() },
  Mean: { 1: output(typeOf(0), shapeOf(0)), 8: broadcasting() },
  Min: { 1: output(typeOf(0), shapeOf(0)), 8: broadcasting(values.minimumOfElements) },
  Max: { 1: output(typeOf(0), shapeOf(0)), 8: broadcasting(values.maximumOfElements) },

  And: legacyThenBroadcast(values.andElements, always('bool')),
  Or: legacyThenBroadcast(values.orElements, always('bool')),
  Xor: legacyThenBroadcast(values.xorElements, always('bool')),
  Equal: legacyThenBroadcast(values.equalElements, always('bool')),
  Less: legacyThenBroadcast(values.lessElements, always('bool')),
  Greater: legacyThenBroadcast(values.greaterElements, always('bool')),
  LessOrEqual: broadcasting(values.lessOrEqualElements, always('bool')),
  GreaterOrEqual: broadcasting(values.greaterOrEqualElements, always('bool')),

  Where: broadcasting(values.chooseElement, typeOf(1)),
  Clip: unary(),
  Dropout: dropout(),
  Cast: cast((context) => elementTypeAttribute(context, 'to')),
  CastLike: cast(typeOf(1)),
  BitCast: output((context) => elementTypeAttribute(context, 'to'), shapeOf(0)),
  Bernoulli: output((context) => elementTypeAttribute(context, 'dtype', context.elementType(0)), shapeOf(0)),
  CumSum: output(typeOf(0), shapeOf(0)),
  CumProd: output(typeOf(0), shapeOf(0)),
  ReverseSequence: output(typeOf(0), shapeOf(0)),
  Trilu: output(typeOf(0), shapeOf(0)),
};

/** The shape of operands that may not be broadcast; a number says more than a name. */
function equalShapes(a: Sizes, b: Sizes): Sizes {
  if (a.length !== b.length || a.some((size, axis) => isEqual(size, b[axis] ?? 1) === false)) {
    throw new Contradiction('the shapes have to be equal', { found: `${renderShape(a)} and ${renderShape(b)}` });
  }
  return a.map((size, axis) => (typeof size === 'number' ? size : (b[axis] ?? size)));
}

type ContextualFunction = (
  operands: Parameters<values.ScalarFunction>[0],
  type: ElementType,
  context: NodeContext,
) => ReturnType<values.ScalarFunction>;

/** One output as the first input is, element by element. */
export function unary(ofElement?: values.ScalarFunction, type: TypeOf = typeOf(0)): Rule {
  return output(type, shapeOf(0), ofElement && elementsThrough(ofElement, 1));
}

/** One output of the inputs' common shape. */
export function broadcasting(ofElements?: ContextualFunction, type: TypeOf = typeOf(0)): Rule {
  return output(
    type,
    (context) => broadcastShapes(context.inputs.map((_, index) => context.shape(index))),
    ofElements && elementsThrough(ofElements),
  );
}

/** Before version 7 the second operand was broadcast into the first, from an axis or the end, and only when asked. */
function legacyThenBroadcast(ofElements: values.ScalarFunction, type: TypeOf = typeOf(0)): Entry {
  return { 1: output(type, shapeOf(0)), 7: broadcasting(ofElements, type) };
}

function elementsThrough(ofElements: ContextualFunction, count?: number): ElementsOf {
  return (context, shape) => {
    const type = context.elementType(0);
    const operands: Operand[] = [];
    for (let index = 0; index < (count ?? context.inputs.length); index++) {
      const operand = operandOf(context, index);
      if (!operand) return null;
      operands.push(operand);
    }
    return operands.length === 0 ? null : combine(shape, operands, (elements) => ofElements(elements, type, context));
  };
}

function operandOf(context: NodeContext, index: number): Operand | null {
  const elements = context.elements(index);
  const shape = context.shapeIfKnown(index);
  return elements && shape ? { shape, elements } : null;
}

function cast(type: TypeOf): Rule {
  return output(
    type,
    shapeOf(0),
    (context) => context.elements(0)?.map((value) => values.castElement(value, type(context))) ?? null,
  );
}

/** The mask is of the data's type before version 10 and of bools since. */
function dropout(): Rule {
  return (context) => {
    const [data] = unary((elements) => elements[0] ?? null)(context);
    const [mask] = unary(undefined, context.version < 10 ? typeOf(0) : always('bool'))(context);
    return [data, mask].filter((fact) => fact !== undefined);
  };
}

function roundHalfToEven(value: number): number {
  const rounded = Math.round(value);
  return Math.abs(value % 1) === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}
