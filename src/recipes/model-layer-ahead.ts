import { readFile } from 'node:fs/promises';
import { type BeginOptions, type BegunLayer, beginLayer } from '../container/image/begun-layer.ts';
import type { Entry, LayerTree } from '../container/tree.ts';
import type { GatheredWeights, WeightsPlace } from '../validate/runtime/weights-place.ts';
import { sourceDate } from './assemble-index.ts';
import { modelPath, PLAN_PATH } from './model-paths.ts';
import type { Workbench } from './workbench.ts';

/** A file of the prepared model, where it lies now. */
export interface LoadedFile {
  readonly name: string;
  readonly path: string;
  readonly bytes: number;
}

/** Graphs are small beside their weights; one that is not is packed when its turn comes. */
const LARGEST_HELD_BYTES = 64 * 2 ** 20;

/**
 * The model's layer, begun as soon as it is known which files ship: weights are hashed and written while the runtime tries them. What
 * the runtime does not accept in the end is thrown away.
 */
export class ModelLayerAhead {
  readonly #bench: Workbench;
  #begun: Promise<BegunLayer | undefined> = Promise.resolve(undefined);

  constructor(bench: Workbench) {
    this.#bench = bench;
  }

  /** Other files may have been begun with before. */
  begin(files: readonly LoadedFile[]): void {
    const before = this.abandon();
    this.#begun = before.then(() => begin(files, this.#options())).catch(() => undefined);
  }

  /** Writes the weights into the layer, which they come first in, and gives the place where they can be mapped as long as that is open. */
  async put({ name, file }: GatheredWeights, signal: AbortSignal): Promise<WeightsPlace> {
    await this.abandon();
    signal.throwIfAborted();
    const weights = { kind: 'file', path: modelPath(name), mode: 0o644, content: { kind: 'gathered', file } } as const;
    const layer = beginLayer([weights], this.#options());
    this.#begun = Promise.resolve(layer);
    const { cache } = this.#bench;
    const stop = () => void layer.abandon();
    signal.addEventListener('abort', stop, { once: true });
    try {
      return { ...(await layer.written), fresh: () => cache.scratch() };
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  async finish(tree: LayerTree): Promise<Awaited<ReturnType<BegunLayer['finish']>>> {
    const begun = await this.#begun;
    this.#begun = Promise.resolve(undefined);
    return begun?.finish(tree);
  }

  async abandon(): Promise<void> {
    const begun = await this.#begun;
    await begun?.abandon();
  }

  #options(): BeginOptions {
    return { mtime: sourceDate(this.#bench.machine.env), cache: this.#bench.cache };
  }
}

async function begin(files: readonly LoadedFile[], options: BeginOptions): Promise<BegunLayer | undefined> {
  // The plan is known last, and what sorts after it waits for it.
  if (files.some(({ name }) => Buffer.compare(Buffer.from(modelPath(name)), Buffer.from(PLAN_PATH)) > 0))
    return undefined;
  const [largest, ...others] = [...files].sort((a, b) => b.bytes - a.bytes);
  if (largest === undefined || others.some(({ bytes }) => bytes > LARGEST_HELD_BYTES)) return undefined;
  // The folder is given another name once the model is accepted: the one file is open by then, and the others are in memory.
  const sorted = [...files].sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)));
  if (sorted[0] !== largest && largest.bytes > LARGEST_HELD_BYTES) return undefined;
  const tree = await Promise.all(
    files.map(async (file): Promise<Entry> => {
      const { name, path, bytes } = file;
      const content =
        file === largest
          ? ({ kind: 'file', path, size: bytes } as const)
          : ({ kind: 'bytes', bytes: await readFile(path) } as const);
      return { kind: 'file', path: modelPath(name), mode: 0o644, content };
    }),
  );
  return beginLayer(tree, options);
}
