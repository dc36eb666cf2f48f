import { stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { Config, casesFolder } from '../nouns/config.ts';
import { EXIT, Failure } from '../nouns/failure.ts';
import type { ModelSource } from '../nouns/model-source.ts';
import { assertConverted } from './assert-converted.ts';
import { nearPath } from './near-path.ts';

export const CONFIG_NAME = 'plimsoll.yaml';
export const LOCK_NAME = 'plimsoll.lock';

/** A model and what its owner settled about it: where everything that a command works on lies. */
export interface Project {
  readonly name: string;
  /** Absolute; paths of the configuration are relative to it. */
  readonly folder: string;
  readonly config: Config;
  /** The ONNX file. */
  readonly modelPath: string;
  /** What the ONNX file is made from, where it is. */
  readonly source: ModelSource | undefined;
  readonly lockPath: string;
  readonly casesPath: string | undefined;
}

/** Which project is meant, and what is said over its configuration. */
export interface Selection {
  /** A folder, a configuration or an `.onnx` file. */
  readonly path: string;
  /** Bounds by name, over those of the configuration. */
  readonly bounds?: Readonly<Record<string, number>>;
  /** The container's limit, over the configuration's. */
  readonly memoryBytes?: number;
  /** How the server loads the model, over the configuration's word. */
  readonly profile?: Config['serve']['profile'];
}

/**
 * Finds the project that a path names: a folder with `plimsoll.yaml`, such a file, or an `.onnx` file, for which every
 * setting has its default.
 * @throws Failure `project/missing`, `project/no-config`, and those of `readConfig` and `assertConverted`.
 */
export async function readProject(selection: string | Selection, workingFolder: string): Promise<Project> {
  const project = await readUnconverted(selection, workingFolder);
  assertConverted(project);
  return project;
}

/** The same, whether or not its model was converted yet. */
export async function readUnconverted(selection: string | Selection, workingFolder: string): Promise<Project> {
  const given: Selection = typeof selection === 'string' ? { path: selection } : selection;
  const project = await findProject(given.path, workingFolder);
  return { ...project, config: withSelection(project.config, given) };
}

/** What is said on the spot goes over what the file says. */
function withSelection(config: Config, { bounds, memoryBytes, profile }: Selection): Config {
  return {
    ...config,
    bounds: { ...config.bounds, ...bounds },
    budget: { ...config.budget, ...(memoryBytes !== undefined && { memory: memoryBytes }) },
    serve: { ...config.serve, ...(profile !== undefined && { profile }) },
  };
}

async function findProject(path: string, workingFolder: string): Promise<Project> {
  // An empty path is a variable that nobody set, and not the working folder.
  if (path === '') throw missing('""', undefined);
  const target = resolve(workingFolder, path);
  const found = await stat(target).catch(() => undefined);
  if (!found) throw missing(path, await nearPath(path, target));
  if (found.isDirectory()) return configured(join(target, CONFIG_NAME), { path });
  if (/\.ya?ml$/i.test(target)) return configured(target, { path });
  const name = imageName(basename(target).replace(/\.onnx$/i, ''));
  return projectOf(target, {
    config: Config.parse({ name, model: basename(target) }),
    lockName: `${basename(target)}.lock`,
  });
}

async function configured(file: string, { path }: { path: string }): Promise<Project> {
  const found = await stat(file).catch(() => undefined);
  if (!found) {
    throw new Failure(`${path} holds no ${CONFIG_NAME}`, {
      code: 'project/no-config',
      exit: EXIT.usage,
      mend: `Run plimsoll init ${path} to have one written, or name an .onnx file.`,
    });
  }
  // The parser of YAML is not small, and a model by itself has no use for it.
  const { readConfig } = await import('./read-config.ts');
  return projectOf(file, { config: await readConfig(file), lockName: LOCK_NAME });
}

function projectOf(file: string, { config, lockName }: { config: Config; lockName: string }): Project {
  const folder = dirname(file);
  const source = typeof config.model === 'string' ? undefined : config.model;
  const cases = casesFolder(config);
  return {
    name: config.name ?? imageName(basename(folder)),
    folder,
    config,
    source,
    modelPath: resolve(folder, typeof config.model === 'string' ? config.model : config.model.file),
    lockPath: join(folder, lockName),
    casesPath: cases === undefined ? undefined : resolve(folder, cases),
  };
}

/** Turns any file name into one that the OCI distribution specification takes. */
export function imageName(text: string): string {
  const name = text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 128);
  return name || 'model';
}

function missing(path: string, near: string | undefined): Failure {
  return new Failure(`${path} does not exist${near === undefined ? '' : `; did you mean ${near}?`}`, {
    code: 'project/missing',
    exit: EXIT.usage,
    mend: `Name a folder with a ${CONFIG_NAME}, such a file, or an .onnx file.`,
  });
}
