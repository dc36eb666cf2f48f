import type { ModelSource } from '../nouns/model-source.ts';
import { settleSource } from './settle-source.ts';

/** The files and folders that a source names, relative to the project: what an export is made of. */
export function namedFiles(model: ModelSource): readonly string[] {
  const { samples, requirements } = model;
  return [...sourceFiles(model), ...[samples, requirements].filter((path) => path !== undefined)];
}

/** What a command of the user's own reads is its own affair. */
function sourceFiles(model: ModelSource): readonly string[] {
  if (typeof model.from !== 'string') return [];
  const settled = settleSource(model, '');
  return settled.kind === 'function' ? [`${settled.module.replaceAll('.', '/')}.py`] : [model.source];
}
