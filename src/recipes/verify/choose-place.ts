import { findEngine } from '../../container/engine/find-engine.ts';
import type { Workbench } from '../workbench.ts';
import type { ImageUnderTest } from './image-under-test.ts';
import type { Place } from './place.ts';
import { placeInContainer } from './place-in-container.ts';
import { placeInProcess } from './place-in-process.ts';

export type EngineWish = 'auto' | 'docker' | 'none';

/** Starts an image where it is wanted: in the engine, or without one. Throws a Failure where neither can be. */
export async function choosePlace(
  image: ImageUnderTest,
  {
    wish,
    limitBytes,
    bench,
  }: { readonly wish: EngineWish; readonly limitBytes: number | null; readonly bench: Workbench },
): Promise<Place> {
  if (wish === 'none') return placeInProcess(image, { limitBytes, why: 'no engine was wanted', bench });
  const search = await findEngine(bench.machine.env, bench.machine);
  if ('engine' in search) return placeInContainer(image, { engine: search.engine, limitBytes, bench });
  if (wish === 'docker') throw search.failure;
  return placeInProcess(image, { limitBytes, why: search.failure.message, bench });
}
