import { type Cache, openCache } from '../cache/cache.ts';
import { cacheFolder } from '../cache/location.ts';
import { readAptConfiguration } from '../container/sources/debian/apt-configuration.ts';
import { type DebianMirrors, debianMirrors } from '../container/sources/debian/mirrors.ts';
import type { PinnedKey } from '../container/sources/debian/signature.ts';
import type { Supply } from '../container/sources/download.ts';
import { type HttpOptions, openHttp } from '../container/sources/http.ts';
import { type FindRegistry, npmRegistry } from '../container/sources/npm/registry.ts';
import type { Machine } from '../nouns/machine.ts';
import type { Progress } from '../nouns/progress.ts';

/** What every recipe works with: the machine, the cache, the ways to sources, and who watches. */
export interface Workbench extends Supply {
  readonly machine: Machine;
  readonly registry: FindRegistry;
  /** Asked only when something has to be fetched: a machine with all it needs in the cache needs no mirror. */
  readonly mirrors: (setting: string | undefined) => Promise<DebianMirrors>;
  /** Archives of old Debian packages, by `PLIMSOLL_DEBIAN_ARCHIVE`. */
  readonly archives: readonly string[];
  /** Who may sign an archive of packages; Debian's own where nothing is said. */
  readonly archiveKeys?: readonly PinnedKey[];
  close(): Promise<void>;
}

export interface WorkbenchOptions {
  readonly machine: Machine;
  readonly progress: Progress;
  readonly signal?: AbortSignal;
  /** How long servers are waited for and how often they are asked again, where it is not as usual. */
  readonly archiveKeys?: readonly PinnedKey[];
  readonly http?: Pick<HttpOptions, 'retries' | 'pauseMs' | 'stallTimeoutMs'>;
}

/** Opens the cache and the ways out. Throws a Failure where the cache cannot be had. */
export async function openWorkbench(options: WorkbenchOptions): Promise<Workbench> {
  const { machine, progress, signal, http: patience, archiveKeys } = options;
  const { env, platform, home, workingFolder } = machine;
  const cache: Cache = await openCache({
    folder: cacheFolder({ env, platform, home }),
    onCorrupt: (line) => progress.note(line),
  });
  const http = openHttp({ ...patience, env });
  return {
    machine,
    cache,
    http,
    progress,
    ...(signal && { signal }),
    ...(archiveKeys && { archiveKeys }),
    registry: npmRegistry({ env, home, folder: workingFolder }),
    mirrors: async (setting) =>
      debianMirrors({
        ...(setting !== undefined && { setting: { archive: setting } }),
        env,
        aptConfiguration: await readAptConfiguration('/etc/apt'),
      }),
    archives: (env.PLIMSOLL_DEBIAN_ARCHIVE ?? '').split(/[\s,]+/).filter((archive) => archive !== ''),
    close: () => http.close(),
  };
}
