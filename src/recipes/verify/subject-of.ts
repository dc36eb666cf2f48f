import { Config } from '../../nouns/config.ts';
import type { Project } from '../../project/read-project.ts';
import type { VerifySubject } from './verify-image.ts';

export interface SubjectOptions {
  readonly workingFolder: string;
  /** Over the project's own. */
  readonly casesPath: string | undefined;
  /** Of an image that no project is named for. */
  readonly memoryBytes: number | undefined;
}

/** What an image is held to: its project, or the defaults where none is named. */
export function subjectOf(
  project: Project | undefined,
  { workingFolder, casesPath, memoryBytes }: SubjectOptions,
): VerifySubject {
  if (project) {
    const { config, folder, modelPath } = project;
    return { config, folder, casesPath: casesPath ?? project.casesPath, modelPath };
  }
  const config = Config.parse({ model: 'model.onnx' });
  const budget = { ...config.budget, ...(memoryBytes !== undefined && { memory: memoryBytes }) };
  return { config: { ...config, budget }, folder: workingFolder, casesPath, modelPath: undefined };
}
