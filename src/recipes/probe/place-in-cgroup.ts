import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { makeGroup } from '../../container/cgroup/make-group.ts';
import { mappedBytesOf } from '../../container/cgroup/mapped-bytes.ts';
import type { ShippedProject } from '../fit-project.ts';
import { startLocalServer } from '../local-server.ts';
import { placedModel } from '../placed-model.ts';
import { readServerBundle } from '../server-bundle.ts';
import type { Workbench } from '../workbench.ts';
import { hostNode } from './host-node.ts';
import type { NoPlace, PlacedServer } from './probe-place.ts';
import { watchLog } from './watch-log.ts';

/** Starts the packaged server on this machine, with the locked Node where it runs here, in a memory cgroup of its own. */
export async function placeInCgroup(
  shipped: ShippedProject,
  { limitBytes, bench }: { readonly limitBytes: number | null; readonly bench: Workbench },
): Promise<PlacedServer | NoPlace> {
  const { made, ...refusal } = makeGroup(limitBytes);
  if (made === null) return { why: `no memory cgroup can be made (${'why' in refusal ? refusal.why : 'unknown'})` };
  try {
    // What others have read already is charged to them: the group then counts what nobody can take back, and little else.
    const [node] = await Promise.all([
      hostNode(shipped, bench).then(async (program) => {
        await readThrough([program]);
        return program;
      }),
      placedModel(shipped.assayed, bench).then(readThrough),
      librariesIn(shipped.runtime.folder).then(readThrough),
    ]);
    const log = watchLog();
    const server = await startLocalServer(
      shipped,
      {
        server: await readServerBundle(),
        port: 0,
        onLog: log.onLog,
        start: { node, group: made.members },
      },
      bench,
    );
    return {
      place: 'cgroup',
      cgroup: made.group.version,
      server,
      ready: log.ready,
      lastLine: log.lastLine,
      seat: log.seat,
      meter: made.group,
      mappedBytes: () => mappedBytesOf(server.pid?.()),
      remove: async () => {
        await server.kill?.();
        await made.remove();
      },
    };
  } catch (error) {
    await made.remove();
    throw error;
  }
}

async function librariesIn(runtimeFolder: string): Promise<readonly string[]> {
  const folder = join(runtimeFolder, 'node_modules');
  const names = await readdir(folder, { recursive: true });
  return names.filter((name) => /\.(node|so)(\.\d+)*$/.test(name)).map((name) => join(folder, name));
}

async function readThrough(paths: readonly string[]): Promise<void> {
  // One buffer for all: a stream would take a new one for each piece, and a turn of the event loop for every 64 KiB.
  const buffer = new Uint8Array(2 ** 20);
  for (const path of paths) {
    const file = await open(path);
    try {
      while ((await file.read(buffer, 0, buffer.length)).bytesRead > 0);
    } finally {
      await file.close();
    }
  }
}
