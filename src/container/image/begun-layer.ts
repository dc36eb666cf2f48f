import type { Blob } from '../../cache/blobs.ts';
import type { Cache } from '../../cache/cache.ts';
import { type LayerEntry, type LayerTree, sizeOf } from '../tree.ts';
import type { Layer } from './layer.ts';
import { MEDIA_TYPE } from './media-types.ts';
import { orderedTree } from './ordered-tree.ts';
import { entriesSize, FLUSH, tarOf } from './tar.ts';
import { paddingOf } from './tar-header.ts';

/** A layer, stored plain, whose first files are being hashed and written while it is not known yet what comes last. */
export interface BegunLayer {
  /**
   * The layer of this whole tree; nothing where the tree does not begin with what was written, or that could not be read to its end: then
   * nothing is kept, and the layer has to be made as any other.
   */
  finish(tree: LayerTree): Promise<Omit<Layer, 'name'> | undefined>;
  /** Stops, and keeps nothing; may be called at any time, and again. */
  abandon(): Promise<void>;
  /** Resolves when all that it was begun with can be read in a file, which stays as it is until the layer is finished or abandoned. */
  readonly written: Promise<BegunFile>;
}

export interface BegunFile {
  readonly path: string;
  /** Where the content of the last file begins in it. */
  readonly offset: number;
}

export interface BeginOptions {
  /** Seconds since 1970, the time of every file. */
  readonly mtime: number;
  readonly cache: Pick<Cache, 'put'>;
}

/** Begins to write a layer with the files that sort first in it. */
export function beginLayer(first: LayerTree, { mtime, cache }: BeginOptions): BegunLayer {
  const begun = orderedTree(first);
  const stop = new AbortController();
  let decide: (tree: LayerTree) => void = () => {};
  const whole = new Promise<LayerTree>((resolve) => {
    decide = resolve;
  });
  async function* entries(): AsyncGenerator<LayerEntry | typeof FLUSH, void, undefined> {
    yield* begun;
    yield FLUSH;
    const all = orderedTree(await whole);
    stop.signal.throwIfAborted();
    if (!begun.every((entry, index) => isSame(all[index], entry))) throw new OtherTree();
    yield* all.slice(begun.length);
  }
  const size = entriesSize(begun);
  const last = begun.at(-1);
  const lastBytes = last?.kind === 'file' ? sizeOf(last.content) : 0;
  const offset = size - lastBytes - paddingOf(lastBytes);
  let tell: (file: BegunFile) => void = () => {};
  const told = new Promise<BegunFile>((resolve) => {
    tell = resolve;
  });
  const blob = cache.put(tarOf(entries(), { mtime, signal: stop.signal, mayReuse: true }), {
    onWritten: (bytes, path) => {
      if (bytes >= size) tell({ path, offset });
    },
  });
  const written = Promise.race([told, blob.then(() => told)]);
  // Whoever finishes it or waits for it is told; who abandons it need not know.
  written.catch(() => {});
  const abandon = async (): Promise<void> => {
    stop.abort(new OtherTree());
    decide([]);
    await blob.catch(() => {});
  };
  return {
    written,
    abandon,
    async finish(tree) {
      decide(tree);
      return blob.then(layerOf, () => undefined);
    },
  };
}

function layerOf({ digest, bytes, path }: Blob): Omit<Layer, 'name'> {
  return { mediaType: MEDIA_TYPE.layer, digest, size: bytes, diffId: digest, path };
}

/** What was begun is not the beginning of what is wanted. */
class OtherTree extends Error {
  constructor() {
    super('the layer is another one than was begun');
  }
}

/** Content lies elsewhere by then; that it is the same, whoever begins a layer answers for. */
function isSame(entry: LayerEntry | undefined, begun: LayerEntry): boolean {
  if (entry === undefined || entry.kind !== begun.kind || entry.path !== begun.path) return false;
  if (entry.kind !== 'file' || begun.kind !== 'file') return true;
  return entry.mode === begun.mode && sizeOf(entry.content) === sizeOf(begun.content);
}
