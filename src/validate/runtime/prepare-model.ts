import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { formatByteSize } from '../../nouns/byte-size.ts';
import { type Progress, SILENT } from '../../nouns/progress.ts';
import { encodeModel, modelContents } from '../../onnx/encode-model.ts';
import type { Model } from '../../onnx/model.ts';
import { readModel } from '../../onnx/read-model.ts';
import { writeModel } from '../../onnx/write-model.ts';
import { withLighterKernels } from '../memory/lighter-kernels.ts';
import type { ModelSource } from './requests.ts';
import type { Outcome, RuntimeChild } from './runtime-child.ts';
import type { ModelForm, SessionOptions } from './session-options.ts';
import { stripDeadInputs } from './strip-dead-inputs.ts';
import { SMALLEST_EXTERNAL_BYTES, weightsInPlace } from './weights-in-place.ts';

export interface PreparedFile {
  /** What the file is called in the image; the model names its data file so. */
  readonly name: string;
  readonly path: string;
  readonly bytes: number;
}

/** The model in the form that ships. */
export interface PreparedModel {
  readonly form: ModelForm;
  /** Why the model ships as it is; `null` for a prepared one. */
  readonly reason: string | null;
  /** How far the runtime optimised it offline. */
  readonly level: PreparationLevel | 'none';
  /** What a run needs at the bounds in the order of nodes that the runtime gave, and in the one that ships; `null` where that stays. */
  readonly reordered: { readonly fromBytes: number; readonly toBytes: number } | null;
  /** The model first, then its data files, if any. */
  readonly files: readonly [PreparedFile, ...PreparedFile[]];
}

export const MODEL_FILE = 'model.onnx';
export const DATA_FILE = 'model.data';

/** `extended` is the highest whose result is the same on every processor; `basic` fuses nothing. */
export type PreparationLevel = 'extended' | 'basic';

/** Whether activations of quantized models may stay signed. Left alone, the runtime decides by the processor it runs on. */
export type SignedActivations = 'made-unsigned' | 'kept';

const SIGNED: Readonly<Record<SignedActivations, string>> = { 'made-unsigned': '0', kept: '1' };

function preparationOptions(level: PreparationLevel, signed: SignedActivations): SessionOptions {
  return {
    executionProviders: ['cpu'],
    graphOptimizationLevel: level,
    enableCpuMemArena: false,
    intraOpNumThreads: 1,
    extra: { session: { disable_prepacking: '1', qdqisint8allowed: SIGNED[signed] } },
  };
}

/** The runtime maps whole pages by itself; vector instructions want cache lines, and unaligned ones can fault. */
const ALIGNMENT = 64;

/** A graph without its weights that is larger goes by file: what it holds are attributes, which nothing can map. */
const LARGEST_GRAPH_IN_MEMORY = 2 ** 28;

/** What the runtime is given to load: the graph, with the weights left in the files they are in. */
export function sourceOf(model: Model): ModelSource {
  const inPlace = weightsInPlace(model);
  const size = (inPlace && modelContents(inPlace.model))?.reduce((sum, { length }) => sum + length, 0);
  if (inPlace === null || size === undefined || size > LARGEST_GRAPH_IN_MEMORY)
    return { kind: 'file', path: model.path };
  return { kind: 'bytes', bytes: encodeModel(inPlace.model), folder: inPlace.folder };
}

interface PrepareOptions {
  readonly model: Model;
  /** The model as `sourceOf` gives it. */
  readonly source: ModelSource;
  readonly folder: string;
  readonly level?: PreparationLevel;
  /** `made-unsigned` if not given, as the runtime has it on x86-64, where that is faster. */
  readonly signed?: SignedActivations;
  readonly progress?: Progress;
}

/**
 * Has the runtime optimise a model, at level `extended` unless said otherwise, and writes the result to `folder` as `model.onnx`, with larger weights
 * aligned in `model.data`. Weights that the optimiser leaves alone are copied once, from the original's files. The model's file
 * appears last and whole. A refusal is the runtime's word on the model itself.
 */
export async function prepareModel(child: RuntimeChild, options: PrepareOptions): Promise<Outcome<PreparedModel>> {
  const { source, folder, level = 'extended', signed = 'made-unsigned' } = options;
  await mkdir(folder, { recursive: true });
  const workshop = await mkdtemp(join(folder, '.preparing-'));
  try {
    const optimised = join(workshop, 'optimised.onnx');
    const created = await child.ask('create', {
      session: 'preparation',
      model: source,
      options: { ...preparationOptions(level, signed), optimizedModelFilePath: optimised },
    });
    if (created.outcome !== 'ok') return created;
    await child.ask('release', { session: 'preparation' });
    return { outcome: 'ok', value: await writePrepared(readModel(optimised), options) };
  } finally {
    await rm(workshop, { recursive: true, force: true });
  }
}

async function writePrepared(
  optimised: Model,
  { model, folder, level = 'extended', progress = SILENT }: PrepareOptions,
): Promise<PreparedModel> {
  await rm(join(folder, DATA_FILE), { force: true });
  const step = progress.step('write the prepared model');
  // The optimised graph still refers to weights relative to the original.
  const stripped = { ...stripDeadInputs(optimised, model), path: model.path };
  const lighter = level === 'extended' ? withLighterKernels(stripped) : stripped;
  const layout = { fileName: DATA_FILE, minimumBytes: SMALLEST_EXTERNAL_BYTES, alignment: ALIGNMENT };
  const written = await writeModel(lighter, join(folder, MODEL_FILE), { externalData: layout, progress: step });
  const [first, ...others] = written.map(({ path, bytes }) => ({ name: basename(path), path, bytes }));
  if (first === undefined) throw new Error('a model has at least its own file');
  step.done(formatByteSize(others.reduce((sum, { bytes }) => sum + bytes, first.bytes)));
  return { form: 'prepared', reason: null, level, reordered: null, files: [first, ...others] };
}
