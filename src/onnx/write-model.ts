import { realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { EXIT, Failure } from '../nouns/failure.ts';
import type { Step } from '../nouns/progress.ts';
import { allTensors } from './all-tensors.ts';
import { type Content, Sources } from './content.ts';
import { modelContents } from './encode-model.ts';
import type { Model } from './model.ts';
import { OutputFile } from './output-file.ts';
import { type ExternalLayout, type ExternalPart, type PlacedWeights, placeWeights } from './place-weights.ts';

export interface WriteOptions {
  /**
   * Where the data of tensors go: into one file beside the model (a layout), all into the model (`inline`), or where they
   * are (`keep`). If not given: inline data stay inline; external data stay where they are if the target is in the folder
   * of the source, and else move into one new file.
   */
  readonly externalData?: ExternalLayout | 'keep' | 'inline';
  /** Turns typed fields (`float_data` and the like) into `raw_data`, which runtimes load faster. */
  readonly typedToRaw?: boolean;
  /** Told the bytes as they are written. */
  readonly progress?: Step;
}

export interface WrittenFile {
  readonly role: 'model' | 'external-data';
  readonly path: string;
  readonly bytes: number;
}

/** C++ protobuf counts bytes in a signed 32-bit number; no runtime loads a larger message. */
const LARGEST_MESSAGE = 2 ** 31 - 1;

/**
 * Writes a model, its file first in the result. Data are copied from the files that hold them, never held in memory; the
 * same model value gives the same bytes. Nothing appears at `target` unless all of it is written. Throws `Failure`:
 * `onnx/too-large` (exit 1) for models of 2 GiB, `onnx/external-layout`, `onnx/external-left-behind` and
 * `onnx/unwritable` (exit 2), and what reading tensors throws.
 */
export async function writeModel(
  model: Model,
  target: string,
  options: WriteOptions = {},
): Promise<readonly WrittenFile[]> {
  const layout = options.externalData ?? usualLayout(model, target);
  if (layout === 'keep') assertDataStayReachable(model, target);
  const placed = placeWeights(model, { target, layout, typedToRaw: options.typedToRaw ?? false });
  return writePlaced(placed, target, options);
}

/** Writes what was placed, its external data too where there are any; throws as `writeModel` does. */
async function writePlaced(
  { model, inline, external }: PlacedWeights,
  target: string,
  { progress }: Pick<WriteOptions, 'progress'>,
): Promise<readonly WrittenFile[]> {
  const contents = modelContents(model, inline);
  assertLoadable(target, contents);
  const outputs = new Outputs(progress);
  try {
    await outputs.writeFile(target, contents);
    if (external) await outputs.writeParts(join(dirname(target), external.fileName), external.parts);
    return outputs.commit();
  } catch (cause) {
    throw asFailure(target, cause);
  } finally {
    outputs.close();
  }
}

/** A model's own file as it was written, and what has to be in the data file that it names, which was not. */
export interface WrittenGraph {
  readonly file: WrittenFile;
  readonly external: PlacedWeights['external'];
}

/** Writes the file of a model whose larger weights go into a data file, and leaves that to whoever wants it; throws as `writeModel` does. */
export async function writeGraph(
  model: Model,
  target: string,
  { layout, progress }: { readonly layout: ExternalLayout; readonly progress?: Step },
): Promise<WrittenGraph> {
  const { external, ...placed } = placeWeights(model, { target, layout, typedToRaw: false });
  const options = progress === undefined ? {} : { progress };
  const [file] = await writePlaced({ ...placed, external: null }, target, options);
  if (file === undefined) throw new TypeError('a model has at least its own file');
  return { file, external };
}

function usualLayout(model: Model, target: string): ExternalLayout | 'keep' {
  if (!hasExternalData(model) || isSameFolder(model.path, target)) return 'keep';
  return { minimumBytes: Number.POSITIVE_INFINITY };
}

function assertDataStayReachable(model: Model, target: string): void {
  if (!hasExternalData(model) || isSameFolder(model.path, target)) return;
  throw new Failure(`${target} would refer to data that are beside ${model.path}`, {
    code: 'onnx/external-left-behind',
    exit: EXIT.usage,
    mend: 'Write it into the folder of the original, or let the data be written with it.',
  });
}

function assertLoadable(target: string, contents: readonly Content[]): void {
  const bytes = contents.reduce((sum, { length }) => sum + length, 0);
  if (bytes <= LARGEST_MESSAGE) return;
  throw new Failure(`${target} would have ${bytes} bytes; a model file has at most ${LARGEST_MESSAGE}`, {
    code: 'onnx/too-large',
    exit: EXIT.findings,
    mend: 'Write the weights as external data.',
  });
}

function hasExternalData(model: Model): boolean {
  return allTensors(model).some(({ tensor }) => tensor.data.kind === 'external');
}

function isSameFolder(source: string, target: string): boolean {
  try {
    return realpathSync(dirname(source)) === realpathSync(dirname(target));
  } catch {
    // A folder that does not exist fails when it is written to, and there with its name.
    return false;
  }
}

function asFailure(target: string, cause: unknown): unknown {
  const isSystem = cause instanceof Error && 'syscall' in cause;
  if (!isSystem) return cause;
  return new Failure(`${target} cannot be written: ${cause.message}`, {
    code: 'onnx/unwritable',
    exit: EXIT.usage,
    mend: 'Check that the folder exists, may be written to and has room.',
    cause,
  });
}

/** Between two contents the rest of the process gets its turn this often. */
const BYTES_PER_TURN = 64 * 1024 * 1024;

/** The files of one model on their way. */
class Outputs {
  readonly #sources = new Sources();
  readonly #files: OutputFile[] = [];
  readonly #progress: Step | undefined;
  #sinceTurn = 0;

  constructor(progress: Step | undefined) {
    this.#progress = progress;
  }

  async writeFile(target: string, contents: readonly Content[]): Promise<void> {
    const output = this.#begin(target);
    for (const content of contents) await this.#copy(content, output);
    output.finish();
  }

  async writeParts(target: string, parts: readonly ExternalPart[]): Promise<void> {
    const output = this.#begin(target);
    for (const { offset, content } of parts) {
      output.fillTo(offset);
      await this.#copy(content, output);
    }
    output.finish();
  }

  /** Gives every file its name; data first, so that a model never stands without them. */
  commit(): readonly WrittenFile[] {
    for (const file of this.#files.toReversed()) file.commit();
    return this.#files.map(({ target, length }, index) => ({
      role: index === 0 ? 'model' : 'external-data',
      path: target,
      bytes: length,
    }));
  }

  close(): void {
    this.#sources.close();
    for (const file of this.#files) file.discard();
  }

  #begin(target: string): OutputFile {
    const output = new OutputFile(target);
    this.#files.push(output);
    return output;
  }

  async #copy(content: Content, output: OutputFile): Promise<void> {
    content.copyTo(output.write, this.#sources);
    this.#progress?.advance(content.length);
    this.#sinceTurn += content.length;
    if (this.#sinceTurn < BYTES_PER_TURN) return;
    this.#sinceTurn = 0;
    await setImmediate();
  }
}
