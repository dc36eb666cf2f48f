import type { Elements, Tensor, Tensors } from '../tensor.ts';
import type { Part } from './fair-queue.ts';

/** The inputs of a run that several parts share, one after another along the first axis. */
export function joinInputs(parts: readonly Part[]): Tensors {
  const first = parts[0];
  if (first === undefined) return {};
  if (parts.length === 1) return inputsOfPart(first);
  const rows = rowsOf(parts);
  const joined: Record<string, Tensor> = {};
  for (const name in first.pending.job.inputs) joined[name] = joinInput(name, parts, rows);
  return joined;
}

export function rowsOf(parts: readonly Part[]): number {
  let rows = 0;
  for (const part of parts) rows += part.to - part.from;
  return rows;
}

function inputsOfPart({ pending, from, to }: Part): Tensors {
  const { inputs } = pending.job;
  if (pending.rows === to - from) return inputs;
  const cut: Record<string, Tensor> = {};
  for (const name in inputs) cut[name] = rowsOfTensor(inputs[name] as Tensor, from, to);
  return cut;
}

/** Rows of a tensor, where they lie. */
export function rowsOfTensor(tensor: Tensor, from: number, to: number): Tensor {
  const { type, dims, data, location } = tensor;
  const stride = strideOf(dims);
  return { type, dims: [to - from, ...dims.slice(1)], data: piece(data, from * stride, to * stride), location };
}

function joinInput(name: string, parts: readonly Part[], rows: number): Tensor {
  const model = parts[0]?.pending.job.inputs[name] as Tensor;
  const stride = strideOf(model.dims);
  const data = emptyLike(model.data, rows * stride);
  let offset = 0;
  for (const { pending, from, to } of parts) {
    copyElements(pending.job.inputs[name] as Tensor, { from: from * stride, to: to * stride, into: data, at: offset });
    offset += (to - from) * stride;
  }
  return { type: model.type, dims: [rows, ...model.dims.slice(1)], data, location: 'cpu' };
}

interface Copy {
  readonly from: number;
  readonly to: number;
  readonly into: Elements;
  readonly at: number;
}

/** Below this, a loop is quicker than making a view of the piece. */
const FEW_ELEMENTS = 64;

export function copyElements({ data }: Tensor, { from, to, into, at }: Copy): void {
  if (Array.isArray(data) || to - from < FEW_ELEMENTS) {
    const target = into as unknown[];
    for (let index = from; index < to; index++) target[at + index - from] = data[index];
    return;
  }
  const whole = from === 0 && to === data.length;
  (into as Float32Array).set((whole ? data : data.subarray(from, to)) as Float32Array, at);
}

/** Elements of one row. */
export function strideOf(dims: readonly number[]): number {
  let stride = 1;
  for (let axis = 1; axis < dims.length; axis++) stride *= dims[axis] ?? 1;
  return stride;
}

export function emptyLike(data: Elements, length: number): Elements {
  if (Array.isArray(data)) return new Array<string>(length);
  return new (data.constructor as Float32ArrayConstructor)(length);
}

function piece(data: Elements, from: number, to: number): Elements {
  return Array.isArray(data) ? data.slice(from, to) : data.subarray(from, to);
}
