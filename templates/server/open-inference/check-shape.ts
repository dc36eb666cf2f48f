import { badRequest, type RequestError } from '../request-error.ts';
import type { Axis, Port, SymbolicSize } from '../signature.ts';

/** The size that each symbol has in one request, and the input that said so; indexed by the symbol's slot. */
export type SymbolSizes = ({ readonly size: number; readonly input: string } | undefined)[];

/**
 * Holds a request's shape against the model's: rank, known sizes, one size for a symbol in all inputs, and the bounds that
 * the image was made for; and sizes that stand beside a 0. Sizes of symbols seen for the first time go into `sizes`.
 *
 * @throws RequestError 400 that names the input, the wanted and the found shape
 */
export function assertShape(port: Port, dims: readonly number[], sizes: SymbolSizes): void {
  const { axes } = port;
  if (dims.includes(0)) assertSmallEmpty(port, dims);
  if (axes === null) return;
  if (axes.length !== dims.length)
    throw wrongShape(port, dims, `wanted ${axes.length} dimensions, found ${dims.length}`);
  for (let index = 0; index < axes.length; index++) {
    const axis = axes[index] ?? null;
    const size = dims[index] ?? 0;
    if (axis === null) continue;
    if (typeof axis === 'number') {
      if (axis !== size) throw wrongShape(port, dims, `wanted ${axis} at dimension ${index}, found ${size}`);
    } else assertSymbol(port, dims, { axis, size, sizes });
  }
}

/** Rows without elements, each of which takes its part of a run all the same; as many as `/predict` takes. */
const MOST_EMPTY_ROWS = 100_000;

/** Elements that there would be but for a size of 0: what a model makes of those sizes may not be empty. */
const MOST_EMPTY_ELEMENTS = 2 ** 24;

/** Holds sizes beside a 0, for which nothing has to be sent, to what somebody may mean by them; those that the model sets are its own. */
function assertSmallEmpty(port: Port, dims: readonly number[]): void {
  const elements = dims.reduce(
    (product, size, axis) => (size === 0 || typeof port.axes?.[axis] === 'number' ? product : product * size),
    1,
  );
  const rows = dims[0] ?? 0;
  if (typeof port.axes?.[0] !== 'number' && rows > MOST_EMPTY_ROWS)
    throw wrongShape(port, dims, `without elements at most ${MOST_EMPTY_ROWS} rows are taken, found ${rows}`);
  if (elements > MOST_EMPTY_ELEMENTS)
    throw wrongShape(port, dims, `its sizes beside 0 make ${elements}, wanted at most ${MOST_EMPTY_ELEMENTS}`);
}

interface SymbolUse {
  readonly axis: SymbolicSize;
  readonly size: number;
  readonly sizes: SymbolSizes;
}

function assertSymbol(port: Port, dims: readonly number[], { axis, size, sizes }: SymbolUse): void {
  if (axis.bound !== undefined && size > axis.bound) {
    throw wrongShape(port, dims, `${axis.name} is ${size}, and this image was made for at most ${axis.bound}`);
  }
  const seen = sizes[axis.slot];
  if (seen === undefined) sizes[axis.slot] = { size, input: port.name };
  else if (seen.size !== size) {
    throw wrongShape(port, dims, `${axis.name} is ${size} here and ${seen.size} in input "${seen.input}"`);
  }
}

function wrongShape(port: Port, dims: readonly number[], why: string): RequestError {
  const wanted = port.axes === null ? 'of any rank' : renderShape(port.axes.map(axisName));
  return badRequest(`input "${port.name}": wanted shape ${wanted}, found ${renderShape(dims)}: ${why}`);
}

function axisName(axis: Axis): number | string | null {
  return axis === null || typeof axis === 'number' ? axis : axis.name;
}

/** A shape for messages; `?` where a size is open. */
export function renderShape(dims: readonly (number | string | null)[]): string {
  return `[${dims.map((size) => size ?? '?').join(', ')}]`;
}
