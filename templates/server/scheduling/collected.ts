import type { Tensor, Tensors } from '../tensor.ts';
import { copyElements, emptyLike, rowsOfTensor, strideOf } from './batch.ts';
import type { Part } from './fair-queue.ts';

/**
 * The outputs of one part of a run: of all its rows, only those that are this part's.
 *
 * @throws Error where an output does not have a row for each row of the run
 */
export function outputsOfPart(outputs: Tensors, offset: number, part: Part, rows: number): Tensors {
  const count = part.to - part.from;
  const cut: Record<string, Tensor> = {};
  for (const name in outputs) {
    const tensor = outputs[name] as Tensor;
    if (tensor.dims[0] !== rows) {
      throw new Error(`output "${name}" of a run of ${rows} rows has shape [${tensor.dims.join(', ')}]`);
    }
    cut[name] = count === rows ? tensor : rowsOfTensor(tensor, offset, offset + count);
  }
  return cut;
}

/** The outputs of a job that takes several runs, put together as they come. */
export class Collected {
  readonly #rows: number;
  readonly #outputs: Record<string, Tensor> = {};
  #missing: number;

  constructor(rows: number) {
    this.#rows = rows;
    this.#missing = rows;
  }

  /** Takes the outputs of rows `from` to `to`; gives all of them once none is missing. */
  add(outputs: Tensors, from: number, to: number): Tensors | undefined {
    for (const name in outputs) {
      const tensor = outputs[name] as Tensor;
      const stride = strideOf(tensor.dims);
      const whole = this.#whole(name, tensor, stride);
      copyElements(tensor, { from: 0, to: (to - from) * stride, into: whole.data, at: from * stride });
    }
    this.#missing -= to - from;
    return this.#missing === 0 ? this.#outputs : undefined;
  }

  #whole(name: string, { type, dims, data }: Tensor, stride: number): Tensor {
    const known = this.#outputs[name];
    if (known === undefined) {
      const made: Tensor = {
        type,
        dims: [this.#rows, ...dims.slice(1)],
        data: emptyLike(data, this.#rows * stride),
        location: 'cpu',
      };
      this.#outputs[name] = made;
      return made;
    }
    if (strideOf(known.dims) !== stride) throw new Error(`output "${name}" has rows of different sizes`);
    return known;
  }
}
