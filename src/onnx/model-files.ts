import type { Model } from './model.ts';
import { modelFile } from './model-file.ts';
import { resolveExternalData } from './resolve-external-data.ts';

export interface ModelFile {
  readonly role: 'model' | 'external-data';
  readonly path: string;
  readonly bytes: number;
  /** Path relative to the model's folder, as a copy of the model needs it; the file's own name for the model. */
  readonly location: string;
}

/** The files that make up a model, itself first, each once. Throws the first problem that `resolveExternalData` finds. */
export function modelFiles(model: Model): readonly ModelFile[] {
  const { files, problems } = resolveExternalData(model);
  const [problem] = problems;
  if (problem) throw problem.failure;
  const { path, bytes } = modelFile(model);
  const own: ModelFile = { role: 'model', path, bytes, location: path.slice(path.lastIndexOf('/') + 1) };
  const external = files.map((file) => ({
    role: 'external-data' as const,
    path: file.path,
    bytes: file.bytes,
    location: file.location,
  }));
  return [own, ...external];
}
