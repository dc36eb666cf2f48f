import { float16ToNumber } from '../../onnx/small-floats.ts';
import { numberToFloat16 } from './number-to-float16.ts';
import type { Elements, TensorValue, TensorValues } from './tensor-value.ts';

/** Rows `from` to `to` of every tensor, along the first dimension. */
export function cutRows(tensors: TensorValues, from: number, to: number): TensorValues {
  return new Map([...tensors].map(([name, tensor]) => [name, cut(tensor, from, to)]));
}

function cut({ elementType, dims, data }: TensorValue, from: number, to: number): TensorValue {
  const stride = strideOf(dims);
  return { elementType, dims: [to - from, ...dims.slice(1)], data: data.slice(from * stride, to * stride) as Elements };
}

function strideOf(dims: readonly number[]): number {
  return dims.slice(1).reduce((product, size) => product * size, 1);
}

/**
 * Makes many rows of few, all of them different where that can be: floats are scaled a little, integers and flags turned
 * round within their row, where they stay valid for the place that they index, texts cut. `null` where there is no row.
 */
export function varyRows(
  tensors: TensorValues,
  rows: number,
): { readonly feeds: TensorValues; readonly isVaried: boolean } | null {
  const feeds = new Map<string, TensorValue>();
  for (const [name, tensor] of tensors) {
    const found = tensor.dims[0] ?? 0;
    if (found === 0) return null;
    feeds.set(name, vary(tensor, rows));
  }
  return { feeds, isVaried: rows > 1 && [...feeds.values()].some((tensor) => differs(tensor)) };
}

function vary({ elementType, dims, data }: TensorValue, rows: number): TensorValue {
  const stride = strideOf(dims);
  const found = dims[0] ?? 1;
  const change = CHANGES[elementType] ?? turned;
  const elements: (string | number | bigint)[] = [];
  for (let row = 0; row < rows; row++) {
    const from = (row % found) * stride;
    const own = Array.from(data.slice(from, from + stride) as ArrayLike<string>);
    // Not as arguments: a row can have more elements than a call takes.
    for (const element of change(own, unsorted(Math.floor(row / found)))) elements.push(element);
  }
  return { elementType, dims: [rows, ...dims.slice(1)], data: likeOf(data, elements) };
}

/** 0, 2, 1, 4, 3 and so on: rows that fall or rise one after another would not show that a model sorts them. */
function unsorted(round: number): number {
  if (round === 0) return 0;
  return round % 2 === 0 ? round - 1 : round + 1;
}

type Change = (row: (string | number | bigint)[], round: number) => (string | number | bigint)[];

const scaled: Change = (row, round) => row.map((value) => Number(value) * (1 - round / 16));

const turned: Change = (row, round) => [
  ...row.slice(round % (row.length || 1)),
  ...row.slice(0, round % (row.length || 1)),
];

const CHANGES: Readonly<Record<string, Change>> = {
  float: scaled,
  double: scaled,
  float16: (row, round) =>
    row.map((bits) => (round === 0 ? bits : numberToFloat16(float16ToNumber(Number(bits)) * (1 - round / 16)))),
  string: (row, round) => row.map((text) => String(text).slice(0, round === 0 ? undefined : -round)),
};

function likeOf(data: Elements, elements: (string | number | bigint)[]): Elements {
  if (Array.isArray(data)) return elements as string[];
  const kind = (data as Float32Array).constructor as unknown as { from(values: unknown[]): Float32Array };
  return kind.from(elements);
}

/** Whether the second row is another one than the first. */
function differs({ dims, data }: TensorValue): boolean {
  const stride = strideOf(dims);
  for (let index = 0; index < stride; index++) if (data[index] !== data[stride + index]) return true;
  return false;
}
