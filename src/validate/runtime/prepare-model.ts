import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { formatByteSize } from '../../nouns/byte-size.ts';
import type { GatheredFile } from '../../nouns/gathered-file.ts';
import { type Progress, SILENT } from '../../nouns/progress.ts';
import { encodeModel, modelContents } from '../../onnx/encode-model.ts';
import type { Model } from '../../onnx/model.ts';
import { readModel } from '../../onnx/read-model.ts';
import { writeGraph } from '../../onnx/write-model.ts';
import { withLighterKernels } from '../memory/lighter-kernels.ts';
import { gatherWeights } from './gather-weights.ts';
import type { ModelSource } from './requests.ts';
import type { Outcome, RuntimeChild } from './runtime-child.ts';
import type { ModelForm, SessionOptions } from './session-options.ts';
import { stripDeadInputs } from './strip-dead-inputs.ts';
import { SMALLEST_EXTERNAL_BYTES, weightsInPlace } from './weights-in-place.ts';

export interface PreparedFile {
  /** What the file is called in the image; the model names its data file so. */
  readonly name: string;
  /** Where it is, or would be in the folder of the model. */
  readonly path: string;
  readonly bytes: number;
  /** What it is gathered from, where nobody has written it to that path. */
  readonly gathered?: GatheredFile;
}

/** The model in the form that ships. */
export interface PreparedModel {
  readonly form: ModelForm;
  /** Why the model ships as it is; `null` for a prepared one. */
  readonly reason: string | null;
  /** How far the runtime optimised it offline. */
  readonly level: PreparationLevel | 'none';
  /** What a run needs at the bounds by the graph that the runtime gave, and by the one that ships; `null` where that is the same. */
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
 * Has the runtime optimise a model, at level `extended` unless said otherwise, and writes the graph to `folder` as `model.onnx`. Larger
 * weights are to be in `model.data`, aligned: that is gathered from the original's files where the optimiser has left them alone, and
 * not written here. A refusal is the runtime's word on the model itself.
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
  const step = progress.step('write the prepared model');
  // The optimised graph still refers to weights relative to the original.
  const stripped = { ...stripDeadInputs(optimised, model), path: model.path };
  const lighter = level === 'extended' ? withLighterKernels(stripped) : stripped;
  const layout = { fileName: DATA_FILE, minimumBytes: SMALLEST_EXTERNAL_BYTES, alignment: ALIGNMENT };
  const { file, external } = await writeGraph(lighter, join(folder, MODEL_FILE), { layout, progress: step });
  const graph = { name: MODEL_FILE, path: file.path, bytes: file.bytes };
  const gathered = external && (await gatherWeights(external.parts, { model, folder }));
  step.done(formatByteSize(file.bytes));
  const data = gathered && { name: DATA_FILE, path: join(folder, DATA_FILE), bytes: gathered.bytes, gathered };
  return { form: 'prepared', reason: null, level, reordered: null, files: data ? [graph, data] : [graph] };
}
