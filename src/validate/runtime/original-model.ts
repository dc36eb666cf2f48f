import type { Model } from '../../onnx/model.ts';
import { modelFiles } from '../../onnx/model-files.ts';
import { MODEL_FILE, type PreparedModel } from './prepare-model.ts';

/** A model that ships as it is, with its data files where it names them. Throws what `modelFiles` throws. */
export function originalModel(model: Model, reason: string): PreparedModel {
  const [own, ...data] = modelFiles(model).map(({ role, path, bytes, location }) => ({
    name: role === 'model' ? MODEL_FILE : location,
    path,
    bytes,
  }));
  if (own === undefined) throw new Error('a model has at least its own file');
  return { form: 'original', reason, level: 'none', reordered: null, files: [own, ...data] };
}
