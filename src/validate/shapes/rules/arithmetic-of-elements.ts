import type { ElementType } from '../../../onnx/model.ts';
import { inType, isIntegerType } from '../elements.ts';
import type { Element } from '../fact.ts';
import { add, multiply, subtract } from '../size/arithmetic.ts';
import { floorDivide } from '../size/division.ts';
import { isAtMost, isEqual, larger, smaller } from '../size/extremes.ts';
import { rangeOf } from '../size/range.ts';
import type { Size } from '../size/size.ts';

/** What an operator makes of single values, known numbers and expressions alike; `null` where that cannot be told exactly. */
export type ScalarFunction = (values: readonly Element[], type: ElementType) => Element;

export const addElements: ScalarFunction = binary((a, b) => a + b, add);
export const subtractElements: ScalarFunction = binary((a, b) => a - b, subtract);
export const multiplyElements: ScalarFunction = binary((a, b) => a * b, multiply);

/** Whole numbers are divided toward zero, as in C; an expression only where it cannot be negative. */
export const divideElements: ScalarFunction = ([a, b], type) => {
  if (!isKnown(a) || !isKnown(b) || b === 0) return null;
  if (typeof a === 'number' && typeof b === 'number')
    return inType(isIntegerType(type) ? Math.trunc(a / b) : a / b, type);
  if (!isIntegerType(type) || !isWhole(a) || !isWhole(b) || !isAbove(a, 0) || !isAbove(b, 1)) return null;
  return floorDivide(a, b);
};

/** `fmod` is for the sign of the dividend, as in C; else the sign is the divisor's, as in Python. */
export function moduloOfElements(fmod: boolean): ScalarFunction {
  return ([a, b], type) => {
    if (typeof a === 'number' && typeof b === 'number')
      return b === 0 ? null : inType(fmod ? a % b : ((a % b) + b) % b, type);
    if (!isKnown(a) || !isKnown(b) || !isIntegerType(type) || !isWhole(a) || !isWhole(b)) return null;
    return isAbove(a, 0) && isAbove(b, 1) ? subtract(a, multiply(floorDivide(a, b), b)) : null;
  };
}

export const powerOfElements: ScalarFunction = ([a, b], type) =>
  typeof a === 'number' && typeof b === 'number' ? inType(a ** b, type) : null;

export const minimumOfElements: ScalarFunction = (values) => reduceKnown(values, Math.min, smaller);
export const maximumOfElements: ScalarFunction = (values) => reduceKnown(values, Math.max, larger);

export const equalElements: ScalarFunction = ([a, b]) => truth(isKnown(a) && isKnown(b) ? equality(a, b) : null);
export const lessElements: ScalarFunction = ([a, b]) => truth(negated(atMost(b, a)));
export const lessOrEqualElements: ScalarFunction = ([a, b]) => truth(atMost(a, b));
export const greaterElements: ScalarFunction = ([a, b]) => truth(negated(atMost(a, b)));
export const greaterOrEqualElements: ScalarFunction = ([a, b]) => truth(atMost(b, a));

export const andElements: ScalarFunction = ([a, b]) => (a === 0 || b === 0 ? 0 : a === 1 && b === 1 ? 1 : null);
export const orElements: ScalarFunction = ([a, b]) => (a === 1 || b === 1 ? 1 : a === 0 && b === 0 ? 0 : null);
export const xorElements: ScalarFunction = ([a, b]) =>
  typeof a === 'number' && typeof b === 'number' ? Number(a !== b) : null;
export const notElement: ScalarFunction = ([a]) => (typeof a === 'number' ? 1 - a : null);

export const chooseElement: ScalarFunction = ([condition, a, b]) =>
  (condition === 1 ? a : condition === 0 ? b : sameElement(a, b) ? a : null) ?? null;

/** A conversion: toward zero into whole numbers; an expression is whole already. */
export function castElement(value: Element, type: ElementType): Element {
  if (value === null) return null;
  if (type === 'bool') return typeof value === 'number' ? Number(value !== 0) : isEqual(value, 0) === false ? 1 : null;
  if (typeof value !== 'number') return inType(value, type);
  return isIntegerType(type) ? inType(Math.trunc(value), type) : inType(value, type);
}

/** Functions of one number; where the argument is an expression, `ofExpression` says what they make of it. */
export function unaryElement(
  ofNumber: (value: number) => number,
  ofExpression?: (value: Size) => Element,
): ScalarFunction {
  return ([value], type) => {
    if (typeof value === 'number') return inType(ofNumber(value), type);
    return isKnown(value) && ofExpression ? ofExpression(value) : null;
  };
}

function binary(ofNumbers: (a: number, b: number) => number, ofSizes: (a: Size, b: Size) => Size): ScalarFunction {
  return ([a, b], type) => {
    if (!isKnown(a) || !isKnown(b)) return null;
    if (typeof a === 'number' && typeof b === 'number') return inType(ofNumbers(a, b), type);
    return isWhole(a) && isWhole(b) ? inType(ofSizes(a, b), type) : null;
  };
}

function reduceKnown(
  values: readonly Element[],
  ofNumbers: (a: number, b: number) => number,
  ofSizes: (a: Size, b: Size) => Size,
): Element {
  return values.reduce((a, b) => {
    if (a === null || b === null) return null;
    if (typeof a === 'number' && typeof b === 'number') return ofNumbers(a, b);
    return isWhole(a) && isWhole(b) ? ofSizes(a, b) : null;
  });
}

function equality(a: Size, b: Size): boolean | null {
  if (typeof a === 'number' && typeof b === 'number') return isExact(a) && isExact(b) ? a === b : null;
  return isWhole(a) && isWhole(b) ? isEqual(a, b) : null;
}

function atMost(a: Element | undefined, b: Element | undefined): boolean | null {
  if (!isKnown(a) || !isKnown(b)) return null;
  if (typeof a === 'number' && typeof b === 'number') return Number.isNaN(a) || Number.isNaN(b) ? null : a <= b;
  return isWhole(a) && isWhole(b) ? isAtMost(a, b) : null;
}

function sameElement(a: Element | undefined, b: Element | undefined): boolean {
  return isKnown(a) && isKnown(b) && equality(a, b) === true;
}

function truth(value: boolean | null): Element {
  return value === null ? null : Number(value);
}

function negated(value: boolean | null): boolean | null {
  return value === null ? null : !value;
}

function isKnown(value: Element | undefined): value is Size {
  return value !== null && value !== undefined;
}

/** Expressions take part in arithmetic with whole numbers that are exact. */
function isWhole(value: Size): boolean {
  return typeof value !== 'number' || Number.isSafeInteger(value);
}

/** Whole numbers past 2^53 were rounded when they were read. */
function isExact(value: number): boolean {
  return !Number.isInteger(value) || Number.isSafeInteger(value);
}

function isAbove(value: Size, least: number): boolean {
  return rangeOf(value, { symbolsAtLeast: 1 }).least >= least;
}
