import type { Blob } from '../../cache/blobs.ts';
import type { Cache } from '../../cache/cache.ts';
import { type Entry, sizeOf, type Tree } from '../tree.ts';
import type { Layer } from './layer.ts';
import { MEDIA_TYPE } from './media-types.ts';
import { orderedTree } from './ordered-tree.ts';
import { tarOf } from './tar.ts';

/** A layer, stored plain, whose first files are being hashed and written while it is not known yet what comes last. */
export interface BegunLayer {
  /**
   * The layer of this whole tree; nothing where the tree does not begin with what was written, or that could not be read to its end: then
   * nothing is kept, and the layer has to be made as any other.
   */
  finish(tree: Tree): Promise<Omit<Layer, 'name'> | undefined>;
  /** Stops, and keeps nothing; may be called at any time, and again. */
  abandon(): Promise<void>;
}

export interface BeginOptions {
  /** Seconds since 1970, the time of every file. */
  readonly mtime: number;
  readonly cache: Pick<Cache, 'put'>;
}

/** Begins to write a layer with the files that sort first in it. */
export function beginLayer(first: Tree, { mtime, cache }: BeginOptions): BegunLayer {
  const begun = orderedTree(first);
  const stop = new AbortController();
  let decide: (tree: Tree) => void = () => {};
  const whole = new Promise<Tree>((resolve) => {
    decide = resolve;
  });
  async function* entries(): AsyncGenerator<Entry, void, undefined> {
    yield* begun;
    const all = orderedTree(await whole);
    stop.signal.throwIfAborted();
    if (!begun.every((entry, index) => isSame(all[index], entry))) throw new OtherTree();
    yield* all.slice(begun.length);
  }
  const written = cache.put(tarOf(entries(), { mtime, signal: stop.signal }));
  // Whoever finishes it is told; who abandons it need not know.
  written.catch(() => {});
  const abandon = async (): Promise<void> => {
    stop.abort(new OtherTree());
    decide([]);
    await written.catch(() => {});
  };
  return {
    abandon,
    async finish(tree) {
      decide(tree);
      return written.then(layerOf, () => undefined);
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
function isSame(entry: Entry | undefined, begun: Entry): boolean {
  if (entry === undefined || entry.kind !== begun.kind || entry.path !== begun.path) return false;
  if (entry.kind !== 'file' || begun.kind !== 'file') return true;
  return entry.mode === begun.mode && sizeOf(entry.content) === sizeOf(begun.content);
}
