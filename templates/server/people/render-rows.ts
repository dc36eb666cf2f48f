import { LONG_ELEMENTS, partOf, renderElements } from '../open-inference/encode.ts';
import { badRequest } from '../request-error.ts';
import type { Port } from '../signature.ts';
import type { Steps } from '../take-in-turns.ts';
import { type Elements, elementCount, type Tensor, type Tensors } from '../tensor.ts';

export interface RenderFacts {
  readonly outputs: readonly Port[];
  /** How many rows the inputs had; `null` where the model has no batch dimension. */
  readonly count: number | null;
  /** Whether the client sent one row and no array. */
  readonly isOne: boolean;
}

/** Letters of a piece of a long answer. */
const PIECE_LETTERS = 65_536;

/** Elements of an innermost array that are written at a time. */
const RUN_ELEMENTS = 8192;

/** Whether others should have their turn while these are written. */
export function areLong(tensors: Tensors): boolean {
  return Object.values(tensors).reduce((sum, { data }) => sum + data.length, 0) >= LONG_ELEMENTS;
}

/**
 * Writes the outputs as plain JSON: an object by output name for each row, arrays nested as the shape says. Numbers that JSON
 * has no words for are written in quotes, as `"NaN"`, so that every reader of JSON reads them.
 *
 * @throws RequestError 400 where an array of rows was sent and an output does not have one entry for each
 */
export function renderRows(tensors: Tensors, facts: RenderFacts): string {
  let text = '';
  for (const words of wordsOf(tensors, facts)) text += words;
  return text;
}

/**
 * The same step by step, in pieces.
 *
 * @throws RequestError as `renderRows`
 */
export function* writeRowsInSteps(tensors: Tensors, facts: RenderFacts): Steps<readonly Uint8Array[]> {
  const pieces: Uint8Array[] = [];
  let text = '';
  for (const words of wordsOf(tensors, facts)) {
    text += words;
    if (text.length < PIECE_LETTERS) continue;
    pieces.push(Buffer.from(text));
    text = '';
    yield;
  }
  return [...pieces, Buffer.from(text)];
}

function* wordsOf(tensors: Tensors, { outputs, count, isOne }: RenderFacts): Generator<string> {
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
  const rows = isOne ? 1 : (count ?? 1);
  if (!isOne) yield '[';
  for (let row = 0; row < rows; row++) {
    let separator = row > 0 ? ',{' : '{';
    for (const { port, tensor } of found) {
      yield `${separator}${JSON.stringify(port.name)}:`;
      const isRow = count !== null && tensor.dims[0] === count;
      yield* isRow ? rowOf(port, tensor, row) : nest(port, { dims: tensor.dims, data: tensor.data, at: 0 });
      separator = ',';
    }
    yield '}';
  }
  if (!isOne) yield ']';
}

function rowOf(port: Port, { dims, data }: Tensor, row: number): Generator<string> {
  const rowDims = dims.slice(1);
  return nest(port, { dims: rowDims, data, at: row * elementCount(rowDims) });
}

interface Part {
  readonly dims: readonly number[];
  readonly data: Elements;
  /** Index of the part's first element. */
  readonly at: number;
}

function* nest(port: Port, { dims, data, at }: Part): Generator<string> {
  const [size, ...inner] = dims;
  if (size === undefined) {
    yield renderRun(port, partOf(data, at, at + 1));
    return;
  }
  yield '[';
  if (inner.length === 0) {
    for (let from = 0; from < size; from += RUN_ELEMENTS) {
      const text = renderRun(port, partOf(data, at + from, at + Math.min(from + RUN_ELEMENTS, size)));
      yield from > 0 ? `,${text}` : text;
    }
  } else {
    const step = elementCount(inner);
    for (let index = 0; index < size; index++) {
      if (index > 0) yield ',';
      yield* nest(port, { dims: inner, data, at: at + index * step });
    }
  }
  yield ']';
}

const FLOATS: ReadonlySet<string> = new Set(['float', 'double', 'float16']);

function renderRun(port: Port, elements: Elements): string {
  const text = renderElements(port.type, elements);
  return FLOATS.has(port.type) ? text.replace(/-?Infinity|NaN/g, '"$&"') : text;
}
