import { copyFile, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { asCacheFailure } from '../cache/cache-failure.ts';
import { canonicalJson, type Json } from '../nouns/canonical-json.ts';
import { mayLinkData, placeData } from '../onnx/place-data.ts';
import { readModel } from '../onnx/read-model.ts';
import { RUNTIME_ENVIRONMENT } from '../validate/runtime/session-options.ts';
import type { ShippedProject } from './fit-project.ts';
import { placedModel } from './placed-model.ts';
import type { RunningServer } from './running-server.ts';
import type { ServerBundle } from './server-bundle.ts';
import { ENDS_WITH_US, spawnServer } from './spawn-server.ts';
import type { Workbench } from './workbench.ts';

export interface LocalServerOptions {
  readonly server: ServerBundle;
  /** 0 for any free one. */
  readonly port: number;
  readonly onLog: (line: string) => void;
  /** Another Node than this one, in a control group whose members file this is. */
  readonly start?: { readonly node: string; readonly group: string };
}

/**
 * Starts the image's own server bundle on this machine's Node: the same files in the same places, less the operating system
 * around them. Its folder is removed when it has ended.
 */
export async function startLocalServer(
  fit: ShippedProject,
  { server, port, onLog, start }: LocalServerOptions,
  bench: Workbench,
): Promise<RunningServer> {
  // Beside the prepared model, which then is linked and not copied.
  const folder = bench.cache.scratch();
  try {
    await mkdir(folder);
    const main = await layOutServer(folder, { fit, server }, bench);
    const { NODE_OPTIONS: _, ...inherited } = bench.machine.env;
    return spawnServer([start?.node ?? process.execPath, '--import', ENDS_WITH_US, main], {
      cwd: folder,
      group: start?.group,
      env: {
        ...inherited,
        ...RUNTIME_ENVIRONMENT,
        PLIMSOLL_HTTP_PORT: String(port),
        PLIMSOLL_GRPC_PORT: '0',
        PLIMSOLL_HOST: '127.0.0.1',
      },
      onLog,
      whenEnded: () => rm(folder, { recursive: true, force: true }),
    });
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw asCacheFailure(error, bench.cache.root);
  }
}

/** Puts the files of an image in their places in a folder that is there, as far as the server needs them; gives its main file. */
export async function layOutServer(
  folder: string,
  { fit, server }: { readonly fit: ShippedProject; readonly server: ServerBundle },
  bench: Pick<Workbench, 'cache'>,
): Promise<string> {
  const main = join(folder, 'server.mjs');
  await copyFile(server.path, main);
  await symlink(join(fit.runtime.folder, 'node_modules'), join(folder, 'node_modules'), 'junction');
  const model = join(folder, 'model');
  await mkdir(model);
  await writeFile(join(model, 'plan.json'), canonicalJson(fit.plan as Json, { indent: true }));
  const places = await placedModel(fit.assayed, bench);
  const mayLink = mayLinkData(readModel(places[0] ?? ''));
  // The runtime looks for external data beside the real file, so a symbolic link would not do.
  for (const [index, file] of fit.assayed.files.entries())
    await placeData(places[index] ?? file.path, join(model, file.path), { mayLink });
  return main;
}
