import { createHash } from 'node:crypto';
import { type Content, fileContent, type Sources } from '../../onnx/content.ts';
import type { Model, Tensor } from '../../onnx/model.ts';
import { modelFile } from '../../onnx/model-file.ts';
import { tensorContent } from '../../onnx/tensor-content.ts';

/**
 * The digest of a tensor's elements, equal for equal elements wherever and however they are stored; read piece by piece.
 * Throws what `tensorContent` throws.
 */
export function tensorDigest(model: Model, tensor: Tensor, sources: Sources): string {
  const hash = createHash('sha256');
  for (const content of contentsOf(model, tensor)) content.copyTo((chunk) => hash.update(chunk), sources);
  return hash.digest('hex');
}

/** Strings have no raw form; their records in the file, which protobuf writes in one way only, stand for them. */
function contentsOf(model: Model, tensor: Tensor): readonly Content[] {
  const { data, elementType } = tensor;
  if (elementType !== 'string') return [tensorContent(model, tensor)];
  return data.kind === 'typed' ? data.spans.map((run) => fileContent(modelFile(model, data), run)) : [];
}
