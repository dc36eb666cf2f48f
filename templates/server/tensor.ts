/** Element types by the names of onnxruntime's JavaScript API. */
export type RuntimeType =
  | 'float32'
  | 'float64'
  | 'float16'
  | 'int8'
  | 'uint8'
  | 'int16'
  | 'uint16'
  | 'int32'
  | 'uint32'
  | 'int64'
  | 'uint64'
  | 'bool'
  | 'string';

/** Elements in row-major order. `float16` is carried as its bits in a `Uint16Array`, `bool` as 0 and 1 in a `Uint8Array`. */
export type Elements =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | string[];

/** A tensor in the very form that the runtime's binding reads, so that none is built twice. */
export interface Tensor {
  readonly type: RuntimeType;
  readonly dims: readonly number[];
  readonly data: Elements;
  readonly location: 'cpu';
}

export type Tensors = Readonly<Record<string, Tensor>>;

/** Tensors by name, none yet: nothing is inherited, and the engine knows it as an object and not as a table, which `Object.create(null)` makes. */
export function noTensors(): Record<string, Tensor> {
  return new Bare();
}

const Bare = (() => {
  function Bare() {}
  Bare.prototype = Object.create(null);
  return Bare as unknown as new () => Record<string, Tensor>;
})();

/** Which outputs a run is to give, in the form that the binding reads: their names as keys. */
export type OutputSelection = Readonly<Record<string, null>>;

export function selectOutputs(ports: readonly { readonly name: string }[]): OutputSelection {
  return Object.fromEntries(ports.map((port) => [port.name, null]));
}

/** Number of elements of a shape; 1 for a scalar. */
export function elementCount(dims: readonly number[]): number {
  let count = 1;
  for (const size of dims) count *= size;
  return count;
}

/** Bytes that a tensor's elements occupy, strings counted by their UTF-16 length. */
function tensorBytes(tensor: Tensor): number {
  const { data } = tensor;
  if (!Array.isArray(data)) return data.byteLength;
  let bytes = 0;
  for (const text of data) bytes += 2 * text.length;
  return bytes;
}

/** Bytes that all the tensors' elements occupy. */
export function tensorsBytes(tensors: Tensors): number {
  let bytes = 0;
  for (const name in tensors) {
    const tensor = tensors[name];
    if (tensor) bytes += tensorBytes(tensor);
  }
  return bytes;
}
