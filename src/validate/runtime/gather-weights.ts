import { realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { GatheredFile, GatheredRange, GatheredSource } from '../../nouns/gathered-file.ts';
import { Sources } from '../../onnx/content.ts';
import type { Model } from '../../onnx/model.ts';
import { modelFiles } from '../../onnx/model-files.ts';
import { OutputFile } from '../../onnx/output-file.ts';
import { placeData } from '../../onnx/place-data.ts';
import type { ExternalPart } from '../../onnx/place-weights.ts';

/** Holds the weights that no file of the original has: what the optimiser has made, fused or folded. */
export const OWN_FILE = 'own.data';

/** Between two parts the rest of the process gets its turn this often. */
const BYTES_PER_TURN = 64 * 2 ** 20;

/**
 * The data file of a prepared model as ranges of the original's files, which stay where they are, and of `own.data` in `folder`, which is
 * written where there is need of it. Throws what the copying of tensors throws.
 */
export async function gatherWeights(
  parts: readonly ExternalPart[],
  { model, folder }: { readonly model: Model; readonly folder: string },
): Promise<GatheredFile> {
  const isFromOriginal = originalsOf(model);
  const sources: GatheredSource[] = [];
  const indexOf = new Map<string, number>();
  const sourceOf = (source: GatheredSource): number => {
    const index = indexOf.get(source.path) ?? sources.push(source) - 1;
    indexOf.set(source.path, index);
    return index;
  };
  const own = new OwnFile(join(folder, OWN_FILE));
  try {
    const places: Omit<GatheredRange, 'source'>[] = [];
    const files: (GatheredSource | null)[] = [];
    for (const { offset: at, content } of parts) {
      const { place, length } = content;
      const isOriginal = place !== undefined && isFromOriginal(place.file.path);
      places.push({ at, length, offset: isOriginal ? place.offset : await own.add(content) });
      files.push(isOriginal ? place.file : null);
    }
    const written = own.finish();
    const ranges = places.map((place, index) => ({
      ...place,
      source: sourceOf(files[index] ?? (written as GatheredSource)),
    }));
    return { bytes: ranges.reduce((end, { at, length }) => Math.max(end, at + length), 0), sources, ranges };
  } finally {
    own.close();
  }
}

/** A file that is begun with the first thing that is added to it. */
class OwnFile {
  readonly #path: string;
  readonly #sources = new Sources();
  #output: OutputFile | undefined;
  #sinceTurn = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /** Gives the place at which it stands. */
  async add(content: ExternalPart['content']): Promise<number> {
    this.#output ??= new OutputFile(this.#path);
    const offset = this.#output.length;
    content.copyTo(this.#output.write, this.#sources);
    this.#sinceTurn += content.length;
    if (this.#sinceTurn >= BYTES_PER_TURN) {
      this.#sinceTurn = 0;
      await setImmediate();
    }
    return offset;
  }

  /** The file, where there is one. */
  finish(): GatheredSource | undefined {
    this.#output?.commit();
    return this.#output && asSource(this.#path);
  }

  close(): void {
    this.#sources.close();
    this.#output?.discard();
  }
}

/** A gathered file as it is written down: sources by their index among the original's files, `null` for `own.data`. */
export interface KeptWeights {
  readonly bytes: number;
  readonly sources: readonly (number | null)[];
  /** Where it begins, index of the source, where it begins there, length. */
  readonly ranges: readonly (readonly [number, number, number, number])[];
}

export function keepWeights({ bytes, sources, ranges }: GatheredFile, model: Model): KeptWeights {
  const originals = originalPaths(model);
  return {
    bytes,
    sources: sources.map(({ path }) => {
      const index = originals.indexOf(realpathSync(path));
      return index < 0 ? null : index;
    }),
    ranges: ranges.map(({ at, source, offset, length }) => [at, source, offset, length]),
  };
}

/** The same file of a model that may lie elsewhere by now; `folder` has its `own.data`. */
export function recallWeights(
  { bytes, sources, ranges }: KeptWeights,
  { model, folder }: { readonly model: Model; readonly folder: string },
): GatheredFile {
  const originals = modelFiles(model);
  return {
    bytes,
    sources: sources.map((index) =>
      asSource(index === null ? join(folder, OWN_FILE) : (originals[index]?.path ?? model.path)),
    ),
    ranges: ranges.map(([at, source, offset, length]) => ({ at, source, offset, length })),
  };
}

/** The same weights with their `own.data` in another folder too, without copying where the file system can give it two names. */
export async function moveOwn(
  gathered: GatheredFile,
  { model, folder }: { readonly model: Model; readonly folder: string },
): Promise<GatheredFile> {
  const originals = originalPaths(model);
  const sources: GatheredSource[] = [];
  for (const source of gathered.sources) {
    const place = join(folder, OWN_FILE);
    const isOwn = !originals.includes(realpathSync(source.path));
    if (isOwn) await placeData(source.path, place, { mayLink: true });
    sources.push(isOwn ? asSource(place) : source);
  }
  return { ...gathered, sources };
}

/** Tells whether a path is one of the original's files; each path is looked up once, however many tensors are there. */
function originalsOf(model: Model): (path: string) => boolean {
  const originals = new Set(originalPaths(model));
  const known = new Map<string, boolean>();
  return (path) => {
    const isOriginal = known.get(path) ?? originals.has(realpathSync(path));
    known.set(path, isOriginal);
    return isOriginal;
  };
}

function originalPaths(model: Model): readonly string[] {
  return modelFiles(model).map(({ path }) => realpathSync(path));
}

function asSource(path: string): GatheredSource {
  const { size, ino, mtimeMs } = statSync(path);
  return { path, bytes: size, inode: ino, modifiedMs: mtimeMs };
}
