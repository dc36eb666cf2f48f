import { stat } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { type Recognised, recogniseArtefact } from '../convert/recognise-artefact.ts';
import { Config } from '../nouns/config.ts';
import { EXIT, Failure } from '../nouns/failure.ts';
import type { ModelSource } from '../nouns/model-source.ts';
import { CONFIG_NAME, imageName, type Project, readUnconverted } from '../project/read-project.ts';

export interface SourceProject {
  readonly project: Project & { readonly source: ModelSource };
  /** Where the framework was told by the file. */
  readonly guessed: Recognised | undefined;
}

/**
 * What a path asks to be converted: a project whose configuration says what its model is made from, or a framework's own file, for
 * which every setting has its default.
 *
 * @throws Failure `convert/no-source` where the project's model is an ONNX file already, and those of `readProject`
 */
export async function readSourceProject(
  path: string,
  { workingFolder, allowCode }: { readonly workingFolder: string; readonly allowCode: boolean },
): Promise<SourceProject> {
  const target = resolve(workingFolder, path);
  if (await isProject(target)) {
    const project = await readUnconverted(path, workingFolder);
    const { source } = project;
    if (source === undefined) throw withoutSource(project);
    return {
      project: { ...project, source: { ...source, allowCode: source.allowCode || allowCode } },
      guessed: undefined,
    };
  }
  const guessed = await recogniseArtefact(target);
  const stem = basename(target, extname(target));
  const model = { from: guessed.from, source: basename(target), file: `${stem}.onnx`, allowCode };
  const config = Config.parse({ name: imageName(stem), model });
  const folder = dirname(target);
  const project = {
    name: imageName(stem),
    folder,
    config,
    source: config.model as ModelSource,
    modelPath: join(folder, `${stem}.onnx`),
    lockPath: join(folder, `${stem}.onnx.lock`),
    casesPath: join(folder, `${stem}.cases`),
  };
  return { project, guessed };
}

async function isProject(target: string): Promise<boolean> {
  if (/\.(ya?ml|onnx)$/i.test(target)) return true;
  const holds = (name: string) => stat(join(target, name)).then(Boolean, () => false);
  const facts = await stat(target).catch(() => undefined);
  return (
    facts === undefined || (facts.isDirectory() && ((await holds(CONFIG_NAME)) || !(await holds('saved_model.pb'))))
  );
}

function withoutSource({ folder, modelPath }: Project): Failure {
  return new Failure(`${modelPath} is not made from anything else, so that there is nothing to convert`, {
    code: 'convert/no-source',
    exit: EXIT.usage,
    mend: `Name a framework's file, or say in ${join(folder, CONFIG_NAME)} what it is made from: model: { from: sklearn, source: model.skops }.`,
  });
}
