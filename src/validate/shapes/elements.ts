import type { ElementType } from '../../onnx/model.ts';
import type { Element, Sizes } from './fact.ts';

/**
 * Tensors with more elements are not followed by value. What shapes are computed from has an element for each axis; masks and
 * position tables, whose values sometimes decide a count, are a little larger.
 */
export const MAX_ELEMENTS = 1024;

/** The number of elements of a shape whose sizes are all numbers and whose elements may be followed; else `null`. */
export function followableCount(shape: Sizes): number | null {
  let count = 1;
  for (const size of shape) {
    if (typeof size !== 'number') return null;
    count *= size;
  }
  return count <= MAX_ELEMENTS ? count : null;
}

export function followable(shape: Sizes): boolean {
  return followableCount(shape) !== null;
}

/** Elements between neighbours along each axis, in row-major order. */
export function stridesOf(shape: readonly number[]): readonly number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis] ?? 1;
  }
  return strides;
}

/** The coordinates of every element of a shape, in row-major order. */
export function* coordinatesOf(shape: readonly number[]): Generator<readonly number[]> {
  const count = shape.reduce((product, size) => product * size, 1);
  const strides = stridesOf(shape);
  for (let flat = 0; flat < count; flat++) {
    yield shape.map((size, axis) => Math.floor(flat / (strides[axis] ?? 1)) % size);
  }
}

/** The sizes as numbers; only for shapes that are followable. */
export function numbersOf(shape: Sizes): readonly number[] {
  return shape.map((size) => (typeof size === 'number' ? size : 0));
}

/** An operand and its shape, as elementwise operators take them. */
export interface Operand {
  readonly shape: Sizes;
  readonly elements: readonly Element[];
}

/** Applies an operation to each element of operands that are broadcast to one shape. */
export function combine(
  shape: Sizes,
  operands: readonly Operand[],
  operation: (elements: readonly Element[]) => Element,
): readonly Element[] {
  const count = followableCount(shape) ?? 0;
  if (operands.every(({ elements }) => elements.length === 1)) {
    const single = operation(operands.map(({ elements }) => elements[0] ?? null));
    return new Array<Element>(count).fill(single);
  }
  if (operands.every((operand) => operand.shape.length === shape.length && operand.elements.length === count)) {
    return Array.from({ length: count }, (_, at) => operation(operands.map(({ elements }) => elements[at] ?? null)));
  }
  const result: Element[] = [];
  const readers = operands.map((operand) => broadcastReader(operand));
  for (const coordinates of coordinatesOf(numbersOf(shape))) {
    result.push(operation(readers.map((read) => read(coordinates))));
  }
  return result;
}

function broadcastReader({ shape, elements }: Operand): (coordinates: readonly number[]) => Element {
  const sizes = numbersOf(shape);
  const steps = stridesOf(sizes).map((stride, axis) => (sizes[axis] === 1 ? 0 : stride));
  return (coordinates) => {
    const lead = coordinates.length - steps.length;
    let at = 0;
    for (let axis = 0; axis < steps.length; axis++) at += (coordinates[lead + axis] ?? 0) * (steps[axis] ?? 0);
    return elements[at] ?? null;
  };
}

const INTEGER_BITS: Readonly<Partial<Record<ElementType, readonly [least: number, most: number]>>> = {
  bool: [0, 1],
  int8: [-(2 ** 7), 2 ** 7 - 1],
  uint8: [0, 2 ** 8 - 1],
  int16: [-(2 ** 15), 2 ** 15 - 1],
  uint16: [0, 2 ** 16 - 1],
  int32: [-(2 ** 31), 2 ** 31 - 1],
  uint32: [0, 2 ** 32 - 1],
  int64: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  uint64: [0, Number.MAX_SAFE_INTEGER],
};

export function isIntegerType(type: ElementType): boolean {
  return INTEGER_BITS[type] !== undefined;
}

/** A computed number as this type would hold it; `null` where it would wrap, or where its rounding is not ours to do. */
export function inType(value: Element, type: ElementType): Element {
  if (typeof value !== 'number') return isIntegerType(type) || type === 'float' || type === 'double' ? value : null;
  const range = INTEGER_BITS[type];
  if (range) return Number.isInteger(value) && value >= range[0] && value <= range[1] ? value : null;
  if (type === 'float') return Math.fround(value);
  return type === 'double' ? value : null;
}
