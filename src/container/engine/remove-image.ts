import type { Engine } from './engine.ts';
import { asEngineFailure, statusOf } from './engine-failure.ts';

/** Takes a name from an image, and the image with it where it has no other; one that is gone already is as wanted. */
export async function removeImage(engine: Engine, reference: string): Promise<void> {
  try {
    await engine.docker.getImage(reference).remove();
  } catch (error) {
    // 404: gone; 409: somebody runs it, and its name stays.
    if (![404, 409].includes(statusOf(error) ?? 0)) throw asEngineFailure(error, `remove ${reference}`);
  }
}
