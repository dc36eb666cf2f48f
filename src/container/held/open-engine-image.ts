import type { Cache } from '../../cache/cache.ts';
import type { Engine } from '../engine/engine.ts';
import { asEngineFailure } from '../engine/engine-failure.ts';
import type { HeldIndex } from './held-index.ts';
import { openArchive } from './open-archive.ts';

/** An image of the engine, as it saves it. Throws `engine/…` and `image/unreadable` Failures. */
export async function openEngineImage(
  reference: string,
  { engine, name, cache }: { readonly engine: Engine; readonly name: string; readonly cache: Cache },
): Promise<HeldIndex> {
  try {
    const saved = await engine.docker.getImage(reference).get();
    return await openArchive(saved as AsyncIterable<Uint8Array>, { name, cache });
  } catch (error) {
    throw asEngineFailure(error, `read ${reference}`);
  }
}
