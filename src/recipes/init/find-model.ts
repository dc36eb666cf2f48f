import { existsSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { recogniseArtefact } from '../../convert/recognise-artefact.ts';
import { EXIT, Failure } from '../../nouns/failure.ts';
import { FRAMEWORKS, type Framework } from '../../nouns/model-source.ts';
import type { Model } from '../../onnx/model.ts';
import { readModel } from '../../onnx/read-model.ts';
import { nearPath } from '../../project/near-path.ts';
import { CONFIG_NAME } from '../../project/read-project.ts';
import { frameworkOfScript } from './framework-of-script.ts';

/** What a project is to be made for; names are relative to its folder, the one that gets the configuration. */
export type FoundModel = FoundOnnx | FoundSource;

export interface FoundOnnx {
  readonly kind: 'onnx';
  readonly folder: string;
  readonly file: string;
  readonly model: Model;
}

export interface FoundSource {
  readonly kind: 'source';
  readonly folder: string;
  readonly source: string;
  readonly from: Framework;
  /** By what the framework was told; `null` where the user named it. */
  readonly because: string | null;
  /** Whether loading it runs code that it holds. */
  readonly runsCode: boolean;
}

export interface FindOptions {
  readonly workingFolder: string;
  /** The framework, where the user names it. */
  readonly from?: Framework;
}

/** More files than any model's folder has; whoever starts in a home folder is told to name the model. */
const MOST_ENTRIES = 2000;

/** Endings of what a framework leaves, and of nothing else that is usual beside a model. */
const ARTEFACT = /\.(skops|joblib|pkl|pickle|keras|tflite|pt2|ubj|cbm)$/i;

/**
 * The model that a path means: a file, or the one model that a folder holds.
 * @throws Failure `init/no-model`, `init/several-models`, `convert/unknown-artefact`, and those of reading a model.
 */
export async function findModel(path: string, options: FindOptions): Promise<FoundModel> {
  const target = resolve(options.workingFolder, path);
  const facts = path === '' ? undefined : await stat(target).catch(() => undefined);
  if (facts === undefined) {
    const near = path === '' ? undefined : await nearPath(path, target);
    throw noModel(`${path === '' ? '""' : path} does not exist${near === undefined ? '' : `; did you mean ${near}?`}`);
  }
  if (!facts.isDirectory()) {
    return basename(target) === CONFIG_NAME ? modelIn(dirname(target), options) : modelAt(target, options);
  }
  return isSavedModel(target) ? modelAt(target, options) : modelIn(target, options);
}

async function modelIn(folder: string, options: FindOptions): Promise<FoundModel> {
  const entries = await readdir(folder, { withFileTypes: true });
  if (entries.length > MOST_ENTRIES) throw noModel(`${folder} holds ${entries.length} files`);
  const named = (ending: RegExp) => entries.filter(({ name }) => ending.test(name)).map(({ name }) => name);
  const candidates = named(/\.onnx$/i);
  const models = candidates.includes('model.onnx') ? ['model.onnx'] : candidates;
  const found = models.length > 0 ? models : named(ARTEFACT);
  const [first, ...others] = found.sort();
  if (first === undefined)
    throw noModel(`${folder} holds no .onnx file, and no file of a framework that is known here`);
  if (others.length > 0) throw severalModels(folder, found);
  return modelAt(join(folder, first), options);
}

async function modelAt(path: string, { from }: FindOptions): Promise<FoundModel> {
  const [folder, source] = [dirname(path), basename(path)];
  if (from !== undefined) return { kind: 'source', folder, source, from, because: null, runsCode: isPickle(source) };
  if (/\.onnx$/i.test(path)) return { kind: 'onnx', folder, file: source, model: readModel(path) };
  if (/\.py$/i.test(path)) return { kind: 'source', folder, runsCode: false, ...(await recogniseScript(path)) };
  const recognised = await recogniseArtefact(path).catch((error: unknown) => {
    const model = onnxUnderAnotherName(path);
    if (model === undefined) throw error;
    return model;
  });
  if ('graph' in recognised) return { kind: 'onnx', folder, file: source, model: recognised };
  return { kind: 'source', folder, source, ...recognised, runsCode: isPickle(source) };
}

function onnxUnderAnotherName(path: string): Model | undefined {
  try {
    return readModel(path);
  } catch {
    // That it is no model either is what the recogniser has said already, and better.
    return undefined;
  }
}

/** A script that leaves a model when it is run, or, since PyTorch keeps none with its inputs, a function in it that gives one. */
async function recogniseScript(path: string): Promise<Pick<FoundSource, 'from' | 'because' | 'source'>> {
  const script = await readFile(path, 'utf8');
  const from = frameworkOfScript(script);
  const name = basename(path);
  if (from === 'pytorch') return { from, because: 'it imports torch', source: functionOfScript(script, name) };
  if (from !== undefined) return { from, because: `it imports ${from}`, source: name };
  throw new Failure(`${path} imports no framework that is known here`, {
    code: 'init/unknown-script',
    exit: EXIT.usage,
    mend: `Name the framework of the model that it leaves: --from ${FRAMEWORKS.join(', --from ')}.`,
  });
}

/** @throws Failure `init/no-function` where not exactly one function takes nothing. */
function functionOfScript(script: string, name: string): string {
  const module = name.replace(/\.py$/i, '');
  const functions = [...script.matchAll(/^def[ \t]+([A-Za-z]\w*)\(\)/gm)].map(([, found]) => found ?? '');
  const [only, ...others] = functions;
  if (only !== undefined && others.length === 0) return `${module}:${only}`;
  const found = only === undefined ? 'no function without arguments' : `the functions ${functions.join(', ')}`;
  throw new Failure(`${name} has ${found}; wanted one that returns the module and its example inputs`, {
    code: 'init/no-function',
    exit: EXIT.usage,
    mend: `Write plimsoll.yaml with model: { from: pytorch, source: ${module}:FUNCTION }; docs/convert.md shows such a function.`,
  });
}

function isSavedModel(folder: string): boolean {
  return existsSync(join(folder, 'saved_model.pb'));
}

/** Python's own format runs what it holds when it is loaded. */
function isPickle(name: string): boolean {
  return /\.(joblib|pkl|pickle)$/i.test(name);
}

function noModel(what: string): Failure {
  return new Failure(what, {
    code: 'init/no-model',
    exit: EXIT.usage,
    mend: 'Name the model: plimsoll init model.onnx, or a file that a framework has saved, or the script that trains it.',
  });
}

function severalModels(folder: string, names: readonly string[]): Failure {
  const shown = names.length > 6 ? [...names.slice(0, 6), '…'] : names;
  return new Failure(`${folder} holds ${names.length} models: ${shown.join(', ')}`, {
    code: 'init/several-models',
    exit: EXIT.usage,
    mend: `Name the one that is to be shipped: plimsoll init ${join(folder, names[0] ?? '')}.`,
  });
}
