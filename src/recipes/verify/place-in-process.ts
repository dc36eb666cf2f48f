import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { makeGroup } from '../../container/cgroup/make-group.ts';
import { unpackImage } from '../../container/held/unpack-image.ts';
import { EXIT, Failure } from '../../nouns/failure.ts';
import { PLATFORMS } from '../../nouns/platform.ts';
import type { ServerExit } from '../running-server.ts';
import { ENDS_WITH_US, spawnServer } from '../spawn-server.ts';
import type { Workbench } from '../workbench.ts';
import type { ImageUnderTest } from './image-under-test.ts';
import { keepLog } from './keep-log.ts';
import type { Place } from './place.ts';
import { watchStart } from './watch-start.ts';

const Config = z.looseObject({
  config: z.looseObject({
    Env: z.array(z.string()).default([]),
    Entrypoint: z.array(z.string()).min(2),
    WorkingDir: z.string().default('/'),
  }),
});

/**
 * Starts an image without an engine: its files unpacked, its own Node and server, its own C library by its own loader, as a child process;
 * in a memory cgroup with its limit where one can be made. Throws a Failure where this machine cannot run it.
 */
export async function placeInProcess(
  image: ImageUnderTest,
  { limitBytes, why, bench }: { readonly limitBytes: number | null; readonly why: string; readonly bench: Workbench },
): Promise<Place> {
  assertRunsHere(image, bench, why);
  const root = bench.cache.scratch();
  const { made, ...refusal } = makeGroup(limitBytes);
  const removeAll = async () => {
    await made?.remove();
    await rm(root, { recursive: true, force: true });
  };
  try {
    await mkdir(root);
    await unpackImage(image.held, root, { name: image.name, signal: bench.signal });
    const log = keepLog();
    const { command, env, cwd } = startOf(image, root);
    const server = spawnServer(command, {
      cwd,
      env,
      group: made?.members,
      onLog: log.onLog,
      whenEnded: async () => {},
    });
    const exited = server.exited.then(({ code }): ServerExit => ({ code, outOfMemory: (made?.group.kills ?? 0) > 0 }));
    exited.catch(() => {});
    return {
      facts: {
        kind: made ? 'cgroup' : 'process',
        limitBytes,
        limitHeld: limitBytes !== null && made !== null,
        network: 'open',
        readOnly: false,
        why: 'why' in refusal ? `${why}; no memory cgroup can be made: ${refusal.why}` : why,
      },
      addresses: () => {
        const grpcPort = log.said()?.grpcPort;
        return {
          http: `http://127.0.0.1:${server.port()}`,
          grpc: grpcPort === undefined ? undefined : `http://127.0.0.1:${grpcPort}`,
        };
      },
      start: watchStart(log.ready, exited),
      exited,
      log: log.lines,
      remove: async () => {
        await server.kill?.();
        await removeAll();
      },
    };
  } catch (error) {
    await removeAll();
    throw error;
  }
}

function assertRunsHere({ platform, name }: ImageUnderTest, { machine }: Workbench, why: string): void {
  if (machine.platform === 'linux' && PLATFORMS[platform].npmCpu === machine.cpu) return;
  throw new Failure(
    `${name} is for ${platform}, and cannot be started on this machine by itself (${machine.platform} on ${machine.cpu}): ${why}`,
    {
      code: 'verify/no-place',
      exit: EXIT.inconclusive,
      mend: 'Start a container engine, or verify on a machine of that kind.',
    },
  );
}

/** Paths of the image are put below its root; the rest of the environment is the image's own. */
function startOf({ held, platform }: ImageUnderTest, root: string) {
  const { Env, Entrypoint, WorkingDir } = Config.parse(held.config.json).config;
  const { loader, multiarch } = PLATFORMS[platform];
  const [program = '', ...args] = Entrypoint.map((word) => (word.startsWith('/') ? join(root, word) : word));
  const libraries = [`usr/lib/${multiarch}`, `lib/${multiarch}`, 'usr/lib', 'lib']
    .map((path) => join(root, path))
    .join(':');
  const own = join(root, loader);
  const node = existsSync(own) ? [own, '--library-path', libraries, program] : [program];
  const env = Object.fromEntries(
    Env.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
  return {
    command: [...node, '--import', ENDS_WITH_US, ...args] as [string, ...string[]],
    cwd: join(root, WorkingDir),
    env: {
      ...env,
      // The image's own locales and no others.
      LOCPATH: join(root, 'usr/lib/locale'),
      PLIMSOLL_HTTP_PORT: '0',
      PLIMSOLL_GRPC_PORT: '0',
      PLIMSOLL_HOST: '127.0.0.1',
    },
  };
}
