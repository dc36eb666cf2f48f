import type { ModelSource } from '../nouns/model-source.ts';

/** The files and folders that a source names, relative to the project: what an export is made of. */
export function namedFiles({ from, source, samples, requirements }: ModelSource): readonly string[] {
  const isCall = from === 'pytorch' && /^[\w.]+:\w+$/.test(source);
  const files = isCall
    ? [`${source.split(':')[0]?.replaceAll('.', '/')}.py`]
    : typeof from === 'string'
      ? [source]
      : [];
  return [...files, ...[samples, requirements].filter((path) => path !== undefined)];
}
