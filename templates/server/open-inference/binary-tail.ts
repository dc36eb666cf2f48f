import { badRequest } from '../request-error.ts';

/** The binary tensors after a request's JSON, one after another in the order in which the JSON names them. */
export class BinaryTail {
  readonly #bytes: Buffer;
  #position: number;

  /** @throws RequestError 400 where the JSON would be longer than the body */
  constructor(body: Buffer, jsonBytes: number) {
    if (jsonBytes > body.length) {
      throw badRequest(`Inference-Header-Content-Length is ${jsonBytes}, and the body has ${body.length} bytes`);
    }
    this.#bytes = body;
    this.#position = jsonBytes;
  }

  /** The next `size` bytes, which are input `name`'s. */
  take(size: number, name: string): Buffer {
    const left = this.#bytes.length - this.#position;
    if (size > left) {
      throw badRequest(`input "${name}": binary_data_size is ${size}, and the body has ${left} bytes left for it`);
    }
    this.#position += size;
    return this.#bytes.subarray(this.#position - size, this.#position);
  }

  /** Holds that the inputs have taken everything. */
  assertEnd(): void {
    const left = this.#bytes.length - this.#position;
    if (left > 0) throw badRequest(`the body has ${left} bytes after the last binary tensor`);
  }
}
