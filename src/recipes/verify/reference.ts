import { stat } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { digestOfFile } from '../../cache/digest-of-file.ts';
import { hostRuntimeFolder, thisHost } from '../../container/sources/host-runtime.ts';
import { fetchNpmPackage } from '../../container/sources/npm.ts';
import { Failure } from '../../nouns/failure.ts';
import { caseTensorsOf, tensorsOf } from '../../validate/cases/tensor-of-case.ts';
import { childLimits } from '../../validate/runtime/child-limits.ts';
import { openRuntimeChild, type RuntimeChild } from '../../validate/runtime/runtime-child.ts';
import type { SessionOptions } from '../../validate/runtime/session-options.ts';
import type { Tensors } from '../../verify/rows.ts';
import type { Workbench } from '../workbench.ts';
import type { ImageUnderTest } from './image-under-test.ts';

/** What a model answers outside the image. */
export type OutsideAnswer =
  | { readonly state: 'answered'; readonly outputs: Tensors }
  | { readonly state: 'refused'; readonly why: string }
  | { readonly state: 'unavailable'; readonly why: string };

/** The model as it ships, and as it was given, in the locked runtime on this machine. */
export type Form = 'shipped' | 'given';

export interface Reference {
  readonly onnxruntime: string;
  ask(form: Form, inputs: Tensors): Promise<OutsideAnswer>;
  close(): Promise<void>;
}

/** As the file has it: no optimisation of the runtime's has a part in the answer. */
const PLAIN: SessionOptions = { executionProviders: ['cpu'], graphOptimizationLevel: 'disabled' };

interface ReferenceOptions {
  /** The ONNX file that the image was made from, where it is at hand. */
  readonly modelPath: string | undefined;
  readonly bench: Workbench;
}

/** Opens nothing before it is asked: only what fails is reproduced. Each form has a process of its own, which may crash. */
export function openReference(image: ImageUnderTest, options: ReferenceOptions): Reference {
  const children = new Map<Form, Promise<Opened>>();
  return {
    onnxruntime: image.lock.onnxruntime.version,
    ask: async (form, inputs) => {
      const opened = children.get(form) ?? open(form, image, options);
      children.set(form, opened);
      const { child, why } = await opened;
      if (child === undefined) return { state: 'unavailable', why };
      const run = await child.ask('run', { session: 'model', feeds: tensorsOf([...inputs]), keep: true });
      if (run.outcome === 'ok' && run.value.values)
        return { state: 'answered', outputs: caseTensorsOf(run.value.values) };
      if (run.outcome === 'refused') return { state: 'refused', why: run.message };
      return { state: 'refused', why: `the runtime ended: ${run.outcome}` };
    },
    close: async () => {
      for (const opened of children.values()) await (await opened).child?.close();
    },
  };
}

interface Opened {
  readonly child?: RuntimeChild & { readonly close: () => Promise<void> };
  readonly why: string;
}

async function open(form: Form, image: ImageUnderTest, options: ReferenceOptions): Promise<Opened> {
  const source = await sourceOf(form, image, options);
  if ('why' in source) return source;
  try {
    const { bench } = options;
    const runtimeFolder = await hostRuntimeFolder(
      { packages: image.lock.onnxruntime.packages, host: thisHost() },
      { cache: bench.cache, fetch: (locked) => fetchNpmPackage(locked, bench) },
    );
    const { size } = await stat(source.path);
    const child = openRuntimeChild({
      runtimeFolder,
      limits: childLimits(size, totalmem()),
      ...(bench.signal && { signal: bench.signal }),
    });
    const created = await child.ask('create', {
      session: 'model',
      model: { kind: 'file', path: source.path },
      options: source.options,
    });
    if (created.outcome === 'ok') return { child, why: '' };
    await child.close();
    return { why: `the runtime does not load it: ${'message' in created ? created.message : created.outcome}` };
  } catch (error) {
    if (error instanceof Failure) return { why: `the locked runtime cannot be had: ${error.message}` };
    throw error;
  }
}

interface Source {
  readonly path: string;
  readonly options: SessionOptions;
}

async function sourceOf(
  form: Form,
  image: ImageUnderTest,
  { modelPath, bench }: ReferenceOptions,
): Promise<Source | { readonly why: string }> {
  if (form === 'given') return givenSource(image, modelPath);
  const options = image.plan.sessionOptions as SessionOptions;
  if (image.isLockedModel) return { path: join(image.modelFolder, image.plan.model.file), options };
  const [file, ...data] = image.lock.prepared.files;
  // External data has to lie beside it under its own name, which content in the cache does not have.
  const kept = file && data.length === 0 ? await bench.cache.find(file.digest) : undefined;
  return kept === undefined ? { why: 'the model in the image is not the one of its lock' } : { path: kept, options };
}

/** What lies beside the configuration may have moved on since the image was made. */
async function givenSource(
  { lock }: ImageUnderTest,
  modelPath: string | undefined,
): Promise<Source | { readonly why: string }> {
  if (modelPath === undefined) return { why: 'the model that it was made from is not at hand' };
  const found = await digestOfFile(modelPath).catch(() => undefined);
  if (found === lock.model.digest) return { path: modelPath, options: PLAIN };
  return { why: `${modelPath} is not the model that it was made from` };
}
