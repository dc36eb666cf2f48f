import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { asCacheFailure } from '../cache/cache-failure.ts';
import { canonicalJson, type Json } from '../nouns/canonical-json.ts';
import { mayLinkData, placeData } from '../onnx/place-data.ts';
import { readModel } from '../onnx/read-model.ts';
import { RUNTIME_ENVIRONMENT } from '../validate/runtime/session-options.ts';
import type { ShippedProject } from './fit-project.ts';
import { parseReady, type RunningServer, type ServerExit } from './running-server.ts';
import type { ServerBundle } from './server-bundle.ts';
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
    const main = await layOutServer(folder, { fit, server });
    const { NODE_OPTIONS: _, ...inherited } = bench.machine.env;
    const child = spawn(...commandFor(['--import', ENDS_WITH_US, main], start), {
      cwd: folder,
      stdio: ['pipe', 'pipe', 'pipe'],
      // In a group of its own, so that an interrupt reaches it once, through us, and it can drain.
      detached: true,
      env: {
        ...inherited,
        ...RUNTIME_ENVIRONMENT,
        PLIMSOLL_HTTP_PORT: String(port),
        PLIMSOLL_GRPC_PORT: '0',
        PLIMSOLL_HOST: '127.0.0.1',
      },
    });
    const removeFolder = () => rm(folder, { recursive: true, force: true });
    return watch(child, { removeFolder, onLog });
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw asCacheFailure(error, bench.cache.root);
  }
}

/** A process that enters the group before it becomes Node is counted from its first page on. */
function commandFor(args: readonly string[], start: LocalServerOptions['start']): [string, string[]] {
  if (start === undefined) return [process.execPath, [...args]];
  return ['/bin/sh', ['-c', 'echo $$ > "$0" && exec "$@"', start.group, start.node, ...args]];
}

/** The other end of its standard input is ours: when we are killed, that end closes, and the server stops as at a signal. */
const ENDS_WITH_US = `data:text/javascript,${encodeURIComponent(
  // Its threads are started with it too, and have no end of that input of their own.
  "import { isMainThread } from 'node:worker_threads'; if (isMainThread) process.stdin.on('end', () => process.kill(process.pid, 'SIGTERM')).resume().unref();",
)}`;

/** Puts the files of an image in their places in a folder that is there, as far as the server needs them; gives its main file. */
export async function layOutServer(
  folder: string,
  { fit, server }: { readonly fit: ShippedProject; readonly server: ServerBundle },
): Promise<string> {
  const main = join(folder, 'server.mjs');
  await copyFile(server.path, main);
  await symlink(join(fit.runtime.folder, 'node_modules'), join(folder, 'node_modules'), 'junction');
  const model = join(folder, 'model');
  await mkdir(model);
  await writeFile(join(model, 'plan.json'), canonicalJson(fit.plan as Json, { indent: true }));
  const mayLink = mayLinkData(readModel(fit.assayed.places[0] ?? ''));
  // The runtime looks for external data beside the real file, so a symbolic link would not do.
  for (const [index, file] of fit.assayed.files.entries())
    await placeData(fit.assayed.places[index] ?? file.path, join(model, file.path), { mayLink });
  return main;
}

function watch(
  child: ChildProcess,
  { removeFolder, onLog }: { removeFolder: () => Promise<void>; onLog: (line: string) => void },
): RunningServer {
  let port: number | undefined;
  const log = (line: string) => {
    port ??= parseReady(line)?.port;
    onLog(line);
  };
  const lines = [child.stdout, child.stderr].filter((stream) => stream !== null).map((stream) => tell(stream, log));
  // An interrupt that cannot be caught must not leave the server behind.
  const killWithUs = () => void child.kill('SIGKILL');
  process.once('exit', killWithUs);
  const exited = (async (): Promise<ServerExit> => {
    const [code] = (await once(child, 'exit')) as [number | null];
    await Promise.all(lines);
    process.off('exit', killWithUs);
    await removeFolder();
    return { code, outOfMemory: false };
  })();
  exited.catch(() => {});
  return {
    port: () => port,
    exited,
    pid: () => child.pid,
    kill: async () => {
      child.kill('SIGKILL');
      return exited;
    },
    stop: async () => {
      child.kill('SIGTERM');
      return exited;
    },
  };
}

async function tell(stream: Readable, onLog: (line: string) => void): Promise<void> {
  for await (const line of createInterface({ input: stream })) onLog(line);
}
