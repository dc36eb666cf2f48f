import type { Model } from '../../src/onnx/model.ts';

/**
 * The same model as values that were never read: nothing of it can be copied from its file but the data of tensors, so
 * that a writer has to encode every message.
 */
export function withoutOrigins(model: Model): Model {
  return copy(model) as Model;
}

function copy(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copy);
  if (value === null || typeof value !== 'object' || value instanceof Uint8Array || value instanceof Map) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, copy(item)]));
}
