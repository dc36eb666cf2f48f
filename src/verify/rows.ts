import type { CaseTensor } from '../../schemas/case.ts';

/** The tensors of a request or of an answer. */
export type Tensors = readonly CaseTensor[];

/** How many rows tensors have along their first dimension; `null` where they do not share it. */
export function rowsOf(tensors: Tensors): number | null {
  const [first] = tensors;
  const rows = first?.shape[0];
  if (rows === undefined || tensors.some(({ shape }) => shape[0] !== rows)) return null;
  return rows;
}

/** Some rows of every tensor, in the order that is given. */
export function takeRows(tensors: Tensors, rows: readonly number[]): Tensors {
  return tensors.map((tensor) => {
    const stride = strideOf(tensor);
    const data: CaseTensor['data'] = [];
    for (const row of rows) for (let at = row * stride; at < (row + 1) * stride; at++) data.push(elementAt(tensor, at));
    return { ...tensor, shape: [rows.length, ...tensor.shape.slice(1)], data };
  });
}

/** Requests one below the other; `null` where they differ in more than their rows. */
export function joinRows(requests: readonly Tensors[]): Tensors | null {
  const [first, ...others] = requests;
  if (first === undefined || others.some((other) => kindOf(other) !== kindOf(first))) return null;
  return first.map((tensor, index) => {
    const parts = requests.map((request) => request[index] as CaseTensor);
    const data: CaseTensor['data'] = [];
    for (const part of parts) for (const element of part.data) data.push(element);
    const rows = parts.reduce((sum, { shape }) => sum + (shape[0] ?? 0), 0);
    return { ...tensor, shape: [rows, ...tensor.shape.slice(1)], data };
  });
}

/** What requests must share to be joined: names, types and all dimensions but the first. */
export function kindOf(tensors: Tensors): string {
  return tensors.map(({ name, datatype, shape }) => `${name} ${datatype} ${shape.slice(1).join()}`).join('\n');
}

function strideOf({ shape }: CaseTensor): number {
  return shape.slice(1).reduce((product, size) => product * size, 1);
}

function elementAt({ data }: CaseTensor, index: number): CaseTensor['data'][number] {
  return data[index] as CaseTensor['data'][number];
}
