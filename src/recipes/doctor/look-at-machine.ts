import { mkdir, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { cacheFolder } from '../../cache/location.ts';
import { splitUrl } from '../../container/agent.ts';
import { largePages, largePagesBytes } from '../../container/cgroup/large-pages.ts';
import { makeGroup } from '../../container/cgroup/make-group.ts';
import { findEngine } from '../../container/engine/find-engine.ts';
import { RELEASE } from '../../container/sources/debian/suites.ts';
import { findPython } from '../../convert/python/find-python.ts';
import { formatByteSize } from '../../nouns/byte-size.ts';
import { DEFAULT_RUNTIME } from '../../nouns/config.ts';
import { Failure } from '../../nouns/failure.ts';
import type { Machine } from '../../nouns/machine.ts';
import type { Facility, FacilityName, MachineHealth } from '../../nouns/machine-health.ts';
import { SILENT } from '../../nouns/progress.ts';
import { openWorkbench, type Workbench } from '../workbench.ts';
import { commandHealth } from './command-health.ts';

/** Looks at all that a command may need: each by itself, and at the same time. */
export async function lookAtMachine(machine: Machine, signal: AbortSignal): Promise<MachineHealth> {
  const cache = await openCacheOf(machine, signal);
  try {
    const facilities = await Promise.all(
      Object.entries(LOOKS).map(([name, look]) => facilityOf(name as FacilityName, () => look({ machine, cache }))),
    );
    return { facilities, commands: commandHealth(facilities) };
  } finally {
    if (!(cache instanceof Failure)) await cache.close();
  }
}

interface Place {
  readonly machine: Machine;
  /** A bench that asks once and waits briefly; why there is none otherwise. */
  readonly cache: Workbench | Failure;
}

/** Less than a first run fetches and makes, with room to spare. */
const ENOUGH_BYTES = 2 ** 30;
const PATIENCE = { retries: 0, stallTimeoutMs: 8000 } as const;
/** An answer that only has to come. */
const MAX_ANSWER_BYTES = 2 ** 24;

const OLDEST_NODE = [20, 19] as const;

const LOOKS: Readonly<Record<FacilityName, (place: Place) => Promise<string>>> = {
  Node: async () => {
    const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
    const isServed = major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1]);
    if (isServed) return process.versions.node;
    throw lacking(`it is ${process.versions.node}; wanted ${OLDEST_NODE.join('.')} or newer`, 'Install a newer Node.');
  },
  cache: async ({ cache }) => benchOf(cache).cache.root,
  disk: async ({ machine: { env, platform, home } }) => {
    const folder = cacheFolder({ env, platform, home });
    const { bavail, bsize } = await statfs(await firstThere(folder));
    const free = bavail * bsize;
    if (free >= ENOUGH_BYTES) return `${formatByteSize(free)} free for the cache`;
    throw lacking(
      `${formatByteSize(free)} are free at ${folder}; a first run wants ${formatByteSize(ENOUGH_BYTES)}`,
      'Free some disk space: plimsoll cache prune, or set PLIMSOLL_CACHE to another disk.',
    );
  },
  'npm registry': async ({ cache }) => {
    const bench = benchOf(cache);
    const { url, headersFor } = await bench.registry();
    const asked = `${url}/onnxruntime-common/${DEFAULT_RUNTIME.onnxruntime}`;
    await answers(bench, asked, 'the npm registry', headersFor(asked));
    return splitUrl(url).href;
  },
  'Debian mirror': async ({ cache }) => {
    const bench = benchOf(cache);
    const { archive } = await bench.mirrors(undefined);
    const [first = ''] = archive;
    await answers(bench, `${first}/dists/${RELEASE}/InRelease`, 'the Debian mirror');
    return archive.map((url) => splitUrl(url).href).join(', ');
  },
  proxy: async ({ machine: { env } }) => {
    const named = ['HTTPS_PROXY', 'HTTP_PROXY', 'NO_PROXY'].flatMap((name) => {
      const value = env[name.toLowerCase()] || env[name];
      return value ? [`${name} ${URL.canParse(value) ? splitUrl(value).href : value}`] : [];
    });
    return named.length === 0 ? 'none is set' : named.join(', ');
  },
  'container engine': async ({ machine }) => {
    const search = await findEngine(machine.env, machine);
    if ('failure' in search) throw search.failure;
    return `${search.engine.version} for ${search.engine.os}/${search.engine.architecture}`;
  },
  'memory cgroup': async () => {
    const { made, ...refusal } = makeGroup(null);
    if (made === null)
      throw lacking(
        `none can be made: ${'why' in refusal ? refusal.why : 'unknown'}`,
        'Run as root or in a delegated cgroup (systemd-run --user --scope); a container engine serves as well.',
      );
    await made.remove();
    return `${made.group.version === 'v2' ? 'version 2' : 'version 1'}${tellLargePages()}`;
  },
  Python: async ({ machine: { env } }) => {
    const { path, version } = await findPython(env.PLIMSOLL_PYTHON, env);
    return `${version} at ${path}`;
  },
};

/** They change what a server takes, there as in a container of this machine. */
function tellLargePages(): string {
  if (largePages() !== 'always') return '';
  return `; large pages are given to all memory, and take up to ${formatByteSize(largePagesBytes(0))} more than planned: madvise in /sys/kernel/mm/transparent_hugepage/enabled saves them`;
}

async function facilityOf(name: FacilityName, look: () => Promise<string>): Promise<Facility> {
  try {
    return { name, state: 'there', detail: await look(), mend: null };
  } catch (error) {
    const { message } = error as Error;
    const mend = error instanceof Failure ? error.mend : 'See that this user may read it.';
    return { name, state: 'lacking', detail: message, mend };
  }
}

async function openCacheOf(machine: Machine, signal: AbortSignal): Promise<Workbench | Failure> {
  try {
    return await openWorkbench({ machine, progress: SILENT, signal, http: PATIENCE });
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
}

function benchOf(cache: Workbench | Failure): Workbench {
  if (cache instanceof Failure) throw cache;
  return cache;
}

async function answers(
  bench: Workbench,
  url: string,
  what: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<void> {
  await bench.http.get(
    { url, what, maxBytes: MAX_ANSWER_BYTES, headers, ...(bench.signal && { signal: bench.signal }) },
    async ({ body }) => {
      for await (const _ of body);
    },
  );
}

/** The folder that is there and that a folder would be made in. */
async function firstThere(folder: string): Promise<string> {
  const isThere = await mkdir(folder, { recursive: true }).then(
    () => true,
    () => false,
  );
  return isThere || dirname(folder) === folder ? folder : firstThere(dirname(folder));
}

function lacking(message: string, mend: string): Failure {
  return new Failure(message, { code: 'doctor/lacking', exit: 2, mend });
}
