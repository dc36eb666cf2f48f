import { findGroup } from '../../container/cgroup/find-group.ts';
import { mappedBytesOf } from '../../container/cgroup/mapped-bytes.ts';
import { MemoryGroup } from '../../container/cgroup/memory-group.ts';
import type { Engine } from '../../container/engine/engine.ts';
import { findEngine } from '../../container/engine/find-engine.ts';
import { removeImage } from '../../container/engine/remove-image.ts';
import { runContainer } from '../../container/engine/run-container.ts';
import { sealLock } from '../../nouns/lock.ts';
import { ALL_PLATFORMS, PLATFORMS } from '../../nouns/platform.ts';
import { assembleIndex, sourceDate } from '../assemble-index.ts';
import { assemblyOf } from '../assembly-of.ts';
import { loadIntoEngine } from '../deliver.ts';
import { demandOf } from '../demand.ts';
import type { ShippedProject } from '../fit-project.ts';
import { lockLayers, packLayers } from '../pack-layers.ts';
import type { RunningServer } from '../running-server.ts';
import { readServerBundle } from '../server-bundle.ts';
import { settleLock } from '../settle-lock.ts';
import type { Workbench } from '../workbench.ts';
import type { NoPlace, PlacedServer } from './probe-place.ts';
import { watchLog } from './watch-log.ts';

/** Between asking and killing; a probe has nothing to drain. */
const GRACE_SECONDS = 1;

/** Starts the image itself in the container engine, where its cgroup can be read from here. The image is taken away again afterwards. */
export async function placeInContainer(
  shipped: ShippedProject,
  { limitBytes, bench }: { readonly limitBytes: number | null; readonly bench: Workbench },
): Promise<PlacedServer | NoPlace> {
  const search = await findEngine(bench.machine.env, bench.machine);
  if (!('engine' in search)) return { why: search.failure.message };
  const { engine } = search;
  const reference = `plimsoll-probe-${shipped.project.name}:latest`;
  const image = await loadImageOf(shipped, { engine, reference, bench });
  const removeLoaded = () => removeImage(engine, reference);
  try {
    const log = watchLog();
    const container = await runContainer(engine, {
      image,
      name: `plimsoll-probe-${shipped.project.name}`,
      port: 0,
      graceSeconds: GRACE_SECONDS,
      onLog: log.onLog,
      ...(limitBytes !== null && { memoryBytes: limitBytes }),
      ...(bench.signal && { signal: bench.signal }),
    });
    const found = findGroup(container.pid);
    // An engine in a machine of its own has other process ids.
    if (found === undefined || !found.folder.includes(container.id)) {
      await container.stop(GRACE_SECONDS);
      await removeLoaded();
      return { why: 'the memory of the engine’s containers cannot be read from here' };
    }
    const meter = new MemoryGroup(found.folder, found.version);
    const server: RunningServer = {
      port: () => container.port,
      exited: container.exited,
      stop: () => container.stop(GRACE_SECONDS),
    };
    return {
      place: 'container',
      cgroup: found.version,
      server,
      ready: log.ready,
      lastLine: log.lastLine,
      seat: log.seat,
      meter,
      mappedBytes: () => mappedBytesOf(container.pid),
      remove: async () => {
        await container.stop(GRACE_SECONDS);
        meter.close();
        await removeLoaded();
      },
    };
  } catch (error) {
    await removeLoaded();
    throw error;
  }
}

/** The image for the engine's own platform, assembled as packaging does; no lock is written. */
async function loadImageOf(
  shipped: ShippedProject,
  { engine, reference, bench }: { readonly engine: Engine; readonly reference: string; readonly bench: Workbench },
): Promise<string> {
  const { lock } = shipped;
  const platforms = ALL_PLATFORMS.filter((name) => PLATFORMS[name].architecture === engine.architecture);
  const server = await readServerBundle();
  const { parts, moved } = await settleLock({ ...shipped, demand: demandOf(shipped, server), frozen: false }, bench);
  const time = sourceDate(bench.machine.env);
  const locked = moved === undefined ? lock?.layers : undefined;
  const assembly = assemblyOf({ fit: shipped, parts, server, time, locked, near: [] }, bench);
  try {
    const layers = await packLayers(assembly, platforms, bench);
    const sealed = lock && moved === undefined ? lock : sealLock({ ...parts, layers: lockLayers(layers, time) });
    const index = assembleIndex({ plan: shipped.plan, lock: sealed, layers, time, platforms });
    const loaded = await loadIntoEngine(index, { engine, reference }, bench);
    return loaded.id;
  } finally {
    await assembly.images.close();
  }
}
