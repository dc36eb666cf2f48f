import { assertShape, renderShape, type SymbolSizes } from '../open-inference/check-shape.ts';
import { badRequest } from '../request-error.ts';
import type { Port } from '../signature.ts';
import type { Steps } from '../take-in-turns.ts';
import { type Elements, elementCount, type Tensor } from '../tensor.ts';
import type { RowValue } from './read-row.ts';

export interface JoinFacts {
  /** Whether the first dimension counts rows. */
  readonly batched: boolean;
  readonly sizes: SymbolSizes;
}

/** Elements, and rows, that are joined at a time. */
const STEP_ELEMENTS = 2 ** 14;

/**
 * Joins one input's values of all rows into its tensor.
 *
 * @throws RequestError 400 where a row's value has another shape than the model or the other rows have
 */
export function* joinRows(values: readonly RowValue[], port: Port, { batched, sizes }: JoinFacts): Steps<Tensor> {
  const [first] = values;
  if (first === undefined) throw new Error('no rows to join');
  const rowDims = asRowShape(first.dims, port, batched);
  const dims = batched ? [values.length, ...rowDims] : rowDims;
  assertShape(port, dims, sizes);
  const { datatype } = port;
  const tensor = (data: Elements): Tensor => ({ type: datatype.runtime, dims, data, location: 'cpu' });
  if (values.length === 1) return tensor(first.data);
  const data = datatype.allocate(elementCount(dims));
  const size = elementCount(rowDims);
  let unsteppedElements = 0;
  for (const [index, value] of values.entries()) {
    if (!sameDims(value.dims, first.dims)) {
      throw badRequest(
        `row ${index}: input "${port.name}" has shape ${renderShape(value.dims)}, and ${renderShape(first.dims)} in the first row`,
      );
    }
    put(data, value.data, index * size);
    unsteppedElements += size + 1;
    if (unsteppedElements < STEP_ELEMENTS) continue;
    unsteppedElements = 0;
    yield;
  }
  return tensor(data);
}

/** A bare value stands for the one element of a shape of ones: nobody writes brackets around a single number. */
function asRowShape(dims: readonly number[], port: Port, batched: boolean): readonly number[] {
  const axes = batched ? port.axes?.slice(1) : port.axes;
  if (dims.length > 0 || !axes || axes.length === 0) return dims;
  return axes.every((axis) => axis === 1 || typeof axis !== 'number') ? axes.map(() => 1) : dims;
}

function sameDims(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, index) => size === b[index]);
}

function put(into: Elements, from: Elements, at: number): void {
  if (Array.isArray(into)) for (let index = 0; index < from.length; index++) into[at + index] = from[index] as string;
  else (into as Float32Array).set(from as Float32Array, at);
}
