import { createReadStream } from 'node:fs';
import type { HeldIndex, HeldLayer } from '../container/held/held-index.ts';
import { unpackBlob } from '../container/held/unpack-blob.ts';
import { type Layer, repackLayer } from '../container/image/layer.ts';
import type { LayerMediaType } from '../container/image/media-types.ts';
import { formatByteSize } from '../nouns/byte-size.ts';
import { Failure } from '../nouns/failure.ts';
import type { LockedLayer } from '../nouns/lock.ts';
import type { Workbench } from './workbench.ts';

/**
 * A layer of the lock, out of the first image that has it: the very blob, or its tar, compressed anew where an engine or a registry
 * has compressed it in another way. Nothing where none has it; only what has the lock's digest counts.
 */
export async function takeHeldLayer(
  locked: LockedLayer,
  images: () => Promise<readonly HeldIndex[]>,
  bench: Workbench,
): Promise<Layer | undefined> {
  for (const image of await images()) {
    const held = image.images
      .flatMap(({ layers }) => layers)
      .filter(({ digest, diffId }) => digest === locked.digest || diffId === locked.diffId)
      .sort((a, b) => Number(b.digest === locked.digest) - Number(a.digest === locked.digest));
    for (const layer of held) {
      const taken = await take(layer, { locked, from: image.name, bench }).catch(unlessFailure(bench));
      if (taken) return taken;
    }
  }
  return undefined;
}

async function take(
  held: HeldLayer,
  { locked, from, bench }: { readonly locked: LockedLayer; readonly from: string; readonly bench: Workbench },
): Promise<Layer> {
  const { name, mediaType, digest, diffId, bytes } = locked;
  const step = bench.progress.step(`take ${name} from ${from}`);
  const facts = { name, mediaType: mediaType as LayerMediaType, digest, size: bytes, diffId };
  try {
    const source = await held.fetch();
    const layer =
      held.digest === digest
        ? { ...facts, path: (await keep(source, { locked, bench })).path }
        : await repackLayer(() => unpackBlob(source, `${name} of ${from}`), { ...facts, cache: bench.cache });
    step.done(formatByteSize(bytes));
    return layer;
  } catch (error) {
    step.done('failed');
    throw error;
  }
}

function keep(source: string, { locked, bench }: { readonly locked: LockedLayer; readonly bench: Workbench }) {
  const { digest, bytes, name } = locked;
  return bench.cache.put(createReadStream(source), { expected: digest, maxBytes: bytes, what: `the layer ${name}` });
}

/** What an image does not have whole and right is looked for in the next one. */
function unlessFailure({ signal, progress }: Workbench): (error: unknown) => undefined {
  return (error) => {
    if (signal?.aborted || !(error instanceof Failure)) throw error;
    progress.note(error.message);
    return undefined;
  };
}
