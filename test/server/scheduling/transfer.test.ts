import assert from 'node:assert/strict';
import { readyForTransfer } from '../../../templates/server/scheduling/transfer.ts';
import type { Tensor } from '../../../templates/server/tensor.ts';

/** A tensor as the runtime makes it: its elements are shown by a getter of its class. */
class RuntimeTensor {
  readonly type: string;
  readonly dims = [2];
  readonly location = 'cpu';
  readonly #elements: unknown;
  constructor(type: string, elements: unknown) {
    this.type = type;
    this.#elements = elements;
  }
  get data(): unknown {
    return this.#elements;
  }
}

describe('Tensors on their way to another thread', () => {
  for (const [type, elements] of [
    ['string', ['a', 'b']],
    ['float32', Float32Array.of(1, 2)],
    ['int64', BigInt64Array.of(1n, 2n)],
  ] as const) {
    it(`have their elements with them: ${type}`, () => {
      const tensor = new RuntimeTensor(type, elements) as unknown as Tensor;
      const { tensors, buffers } = readyForTransfer({ y: tensor });
      const { y } = structuredClone(tensors, { transfer: buffers });
      assert.deepEqual(
        [y?.type, y?.dims, [...(y?.data ?? [])]],
        [type, [2], type === 'string' ? ['a', 'b'] : wanted(type)],
      );
    });
  }
});

function wanted(type: string): readonly unknown[] {
  return type === 'int64' ? [1n, 2n] : [1, 2];
}
