import { randomBytes } from 'node:crypto';
import type { Engine } from '../container/engine/engine.ts';
import { asEngineFailure } from '../container/engine/engine-failure.ts';
import { loadImage } from '../container/engine/load-image.ts';
import { removeImage } from '../container/engine/remove-image.ts';
import type { HeldImage } from '../container/held/held-index.ts';
import { imageOfHeld } from '../container/held/image-of-held.ts';
import type { Workbench } from './workbench.ts';

export interface LoadedHeldImage {
  /** The engine's. */
  readonly id: string;
  /** Takes away again what was put into the engine. */
  readonly release: () => Promise<void>;
}

export interface LoadingOptions {
  readonly engine: Engine;
  /** What for; it stands in the name that the image has in the engine meanwhile. */
  readonly purpose: 'run' | 'verify';
  readonly bench: Workbench;
}

/** An image of the engine stays what it is; another one is loaded under a name of its own. Throws `engine/…` and `image/…` Failures. */
export async function loadHeldImage(
  { name, held }: { readonly name: string; readonly held: HeldImage },
  { engine, purpose, bench }: LoadingOptions,
): Promise<LoadedHeldImage> {
  const own = name.startsWith('docker:') ? name.slice('docker:'.length) : undefined;
  if (own !== undefined) return { id: await idOf(engine, own), release: async () => {} };
  const reference = `plimsoll-${purpose}-${randomBytes(4).toString('hex')}:latest`;
  const { progress, signal } = bench;
  const { id } = await loadImage(engine, await imageOfHeld(held), {
    reference,
    progress,
    ...(signal && { signal }),
  });
  return { id, release: () => removeImage(engine, reference) };
}

async function idOf(engine: Engine, reference: string): Promise<string> {
  try {
    return (await engine.docker.getImage(reference).inspect()).Id;
  } catch (error) {
    throw asEngineFailure(error, `find ${reference}`);
  }
}
