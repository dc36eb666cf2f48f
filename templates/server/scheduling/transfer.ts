import type { Tensor, Tensors } from '../tensor.ts';

/**
 * Tensors ready for another thread, and the buffers that go there without a copy: those that a tensor has to itself. A piece
 * of a larger buffer is copied, since all of that buffer would go, or be copied, with it.
 */
export function readyForTransfer(tensors: Tensors): { readonly tensors: Tensors; readonly buffers: ArrayBuffer[] } {
  const ready: Record<string, Tensor> = {};
  const buffers = new Set<ArrayBuffer>();
  for (const name in tensors) {
    const tensor = tensors[name] as Tensor;
    if (Array.isArray(tensor.data)) {
      // The runtime's tensors show their data by a getter, which does not go along to another thread.
      ready[name] = { ...tensor, data: tensor.data };
      continue;
    }
    const isWhole = tensor.data.byteLength === tensor.data.buffer.byteLength;
    const data = isWhole ? tensor.data : tensor.data.slice();
    ready[name] = { ...tensor, data };
    buffers.add(data.buffer as ArrayBuffer);
  }
  return { tensors: ready, buffers: [...buffers] };
}
