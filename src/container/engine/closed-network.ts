import { randomBytes } from 'node:crypto';
import { isAlive, processSpace } from '../../cache/temporary.ts';
import type { Engine } from './engine.ts';
import { asEngineFailure, statusOf } from './engine-failure.ts';
import { ownerLabels, PROCESS_LABEL, SPACE_LABEL } from './owner.ts';

/** A network of the engine that leads nowhere: whoever is in it reaches the engine's machine alone. */
export interface ClosedNetwork {
  readonly name: string;
  /** Once its containers are gone. */
  close(): Promise<void>;
}

/** Makes one, and removes those of processes that were killed. Throws `engine/…` Failures. */
export async function openClosedNetwork(engine: Engine, prefix: string): Promise<ClosedNetwork> {
  const name = `${prefix}-${randomBytes(4).toString('hex')}`;
  try {
    await removeOrphanNetworks(engine);
    const network = await engine.docker.createNetwork({ Name: name, Internal: true, Labels: { ...ownerLabels() } });
    return { name, close: () => removeNetwork(engine, network.id) };
  } catch (error) {
    throw asEngineFailure(error, 'make a network without a way out');
  }
}

async function removeOrphanNetworks(engine: Engine): Promise<void> {
  const filters = { label: [`${SPACE_LABEL}=${processSpace()}`] };
  for (const { Id, Labels } of await engine.docker.listNetworks({ filters })) {
    if (!isAlive(Number(Labels?.[PROCESS_LABEL]))) await removeNetwork(engine, Id);
  }
}

async function removeNetwork(engine: Engine, id: string): Promise<void> {
  try {
    await engine.docker.getNetwork(id).remove();
  } catch (error) {
    // 404: gone; 403 and 409: a container of a killed process is still in it, and the next call takes both away.
    if (![403, 404, 409].includes(statusOf(error) ?? 0)) throw error;
  }
}
