import { normalizeAxis } from '../axes.ts';
import { coordinatesOf, numbersOf, stridesOf } from '../elements.ts';
import type { Element, Sizes } from '../fact.ts';
import type { NodeContext } from '../node-context.ts';

/** The indices' shape in place of the axis that they index. */
export function gather(context: NodeContext): Sizes {
  const data = context.shape(0);
  const axis = normalizeAxis(context.int('axis', 0), data.length);
  return [...data.slice(0, axis), ...context.shape(1), ...data.slice(axis + 1)];
}

export function gatherElements(context: NodeContext, shape: Sizes): readonly Element[] | null {
  const [elements, indices, data] = [context.elements(0), context.integers(1), context.shape(0)];
  if (!elements || !indices || data.some((size) => typeof size !== 'number')) return null;
  const sizes = numbersOf(data);
  const axis = normalizeAxis(context.int('axis', 0), data.length);
  const strides = stridesOf(sizes);
  const indexRank = context.shape(1).length;
  const indexStrides = stridesOf(numbersOf(context.shape(1)));
  return [...coordinatesOf(numbersOf(shape))].map((place) => {
    const inIndices = place
      .slice(axis, axis + indexRank)
      .reduce((at, coordinate, i) => at + coordinate * (indexStrides[i] ?? 0), 0);
    const index = indices[inIndices] ?? 0;
    const coordinates = [
      ...place.slice(0, axis),
      index < 0 ? index + (sizes[axis] ?? 0) : index,
      ...place.slice(axis + indexRank),
    ];
    return elements[coordinates.reduce((at, coordinate, i) => at + coordinate * (strides[i] ?? 0), 0)] ?? null;
  });
}

/** A vector in which exporters overwrite single dimensions. */
export function scatterElementsOfVector(context: NodeContext): readonly Element[] | null {
  const [data, indices, updates] = [context.elements(0), context.integers(1), context.elements(2)];
  const isVector = context.shape(0).length === 1 && context.text('reduction', 'none') === 'none';
  if (!isVector || !data || !indices || !updates || indices.length !== updates.length) return null;
  const result = [...data];
  indices.forEach((index, at) => {
    result[index < 0 ? index + data.length : index] = updates[at] ?? null;
  });
  return result.length === data.length ? result : null;
}
