import { renderElements } from '../open-inference/encode.ts';
import { badRequest } from '../request-error.ts';
import type { Port } from '../signature.ts';
import { type Elements, elementCount, type Tensor, type Tensors } from '../tensor.ts';

export interface RenderFacts {
  readonly outputs: readonly Port[];
  /** How many rows the inputs had; `null` where the model has no batch dimension. */
  readonly count: number | null;
  /** Whether the client sent one row and no array. */
  readonly isOne: boolean;
}

/**
 * Writes the outputs as plain JSON: an object by output name for each row, arrays nested as the shape says. Numbers that JSON
 * has no words for are written in quotes, as `"NaN"`, so that every reader of JSON reads them.
 *
 * @throws RequestError 400 where an array of rows was sent and an output does not have one entry for each
 */
export function renderRows(tensors: Tensors, { outputs, count, isOne }: RenderFacts): string {
  const found = outputs.map((port) => {
    const tensor = tensors[port.name];
    if (tensor === undefined) throw new Error(`the runtime gave no output "${port.name}"`);
    return { port, tensor };
  });
  const stray = found.find(({ tensor }) => count !== null && tensor.dims[0] !== count);
  if (stray && !isOne) {
    throw badRequest(
      `output "${stray.port.name}" of this model has no entry for each row; send one object, or use /v2 and its tensors`,
    );
  }
  const rows = Array.from({ length: isOne ? 1 : (count ?? 1) }, (_, row) => {
    const members = found.map(({ port, tensor }) => {
      const isRow = count !== null && tensor.dims[0] === count;
      return `${JSON.stringify(port.name)}:${isRow ? renderRow(port, tensor, row) : renderWhole(port, tensor)}`;
    });
    return `{${members.join(',')}}`;
  });
  return isOne ? (rows[0] ?? '{}') : `[${rows.join(',')}]`;
}

function renderRow(port: Port, { dims, data }: Tensor, row: number): string {
  const rowDims = dims.slice(1);
  return nest(port, { dims: rowDims, data, at: row * elementCount(rowDims) });
}

function renderWhole(port: Port, { dims, data }: Tensor): string {
  return nest(port, { dims, data, at: 0 });
}

interface Part {
  readonly dims: readonly number[];
  readonly data: Elements;
  /** Index of the part's first element. */
  readonly at: number;
}

function nest(port: Port, { dims, data, at }: Part): string {
  const [size, ...inner] = dims;
  if (size === undefined) return renderRun(port, data, at, 1);
  if (inner.length === 0) return `[${renderRun(port, data, at, size)}]`;
  const step = elementCount(inner);
  const parts = Array.from({ length: size }, (_, index) => nest(port, { dims: inner, data, at: at + index * step }));
  return `[${parts.join(',')}]`;
}

const FLOATS: ReadonlySet<string> = new Set(['float', 'double', 'float16']);

function renderRun(port: Port, data: Elements, from: number, count: number): string {
  const part = Array.isArray(data) ? data.slice(from, from + count) : data.subarray(from, from + count);
  const text = renderElements(port.type, part);
  return FLOATS.has(port.type) ? text.replace(/-?Infinity|NaN/g, '"$&"') : text;
}
