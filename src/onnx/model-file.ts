import type { ModelPlace } from './model.ts';
import { originOf } from './provenance.ts';
import { type FileIdentity, SourceFile } from './source-file.ts';

/** The file in which the spans of `part`, a piece of `model`, lie: where it was read, else the model's own file. */
export function modelFile(model: ModelPlace, part: object = model): FileIdentity {
  const origin = originOf(part) ?? originOf(model);
  if (origin) return origin.file;
  const file = SourceFile.open(model.path);
  file.close();
  return file.identity;
}
