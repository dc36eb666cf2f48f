import { existsSync } from 'node:fs';
import { EXIT, Failure } from '../nouns/failure.ts';
import type { Project } from './read-project.ts';

/** @throws Failure `convert/missing` where a project's model is to be made from something else, and was not yet. */
export function assertConverted({ source, modelPath, folder }: Project): void {
  if (source === undefined || existsSync(modelPath)) return;
  throw new Failure(`${modelPath} is not there: it is made from ${source.source}, and was not yet`, {
    code: 'convert/missing',
    exit: EXIT.usage,
    mend: `Run plimsoll convert ${folder}; plimsoll package does it by itself.`,
  });
}
