import { isAlive, processSpace } from '../../cache/temporary.ts';
import type { Engine } from './engine.ts';
import { statusOf } from './engine-failure.ts';

export const SPACE_LABEL = 'plimsoll.owner.space';
export const PROCESS_LABEL = 'plimsoll.owner.process';

/** Says on a container which process of which machine started it. */
export function ownerLabels(): Readonly<Record<string, string>> {
  return { [SPACE_LABEL]: processSpace(), [PROCESS_LABEL]: String(process.pid) };
}

/** Removes containers of processes that were killed before they could do it themselves; of this machine's processes only. */
export async function removeOrphans(engine: Engine): Promise<readonly string[]> {
  const filters = { label: [`${SPACE_LABEL}=${processSpace()}`] };
  const removed: string[] = [];
  for (const { Id, Labels } of await engine.docker.listContainers({ all: true, filters })) {
    if (isAlive(Number(Labels[PROCESS_LABEL]))) continue;
    await removeContainer(engine, Id);
    removed.push(Id);
  }
  return removed;
}

/** Stops at once and removes; one that is gone already is as wanted. */
export async function removeContainer(engine: Engine, id: string): Promise<void> {
  try {
    await engine.docker.getContainer(id).remove({ force: true, v: true });
  } catch (error) {
    // 404: gone; 409: another call is removing it.
    if (![404, 409].includes(statusOf(error) ?? 0)) throw error;
  }
}
