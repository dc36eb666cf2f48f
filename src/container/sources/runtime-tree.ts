import { canonicalJson } from '../../nouns/canonical-json.ts';
import { EXIT, Failure } from '../../nouns/failure.ts';
import type { LockedNpmPackage } from '../../nouns/lock.ts';
import { PLATFORMS, type Platform } from '../../nouns/platform.ts';
import type { Entry, Tree } from '../tree.ts';
import { completeTree } from './complete-tree.ts';
import { keptTree } from './kept-tree.ts';
import type { NpmSources } from './node-tree.ts';
import { unpackNpm } from './unpack-npm.ts';

/** To be raised with every change to what is taken from the packages. */
const VERSION = 1;

/** The packages that make up the runtime at run time; what else onnxruntime-node depends on serves its install script. */
export const RUNTIME_PACKAGES = ['onnxruntime-common', 'onnxruntime-node'] as const;

/** Where the runtime lies in an image. */
export const RUNTIME_FOLDER = 'app/node_modules';

export interface Machine {
  /** As `process.platform` says it. */
  readonly platform: string;
  /** As `process.arch` says it. */
  readonly arch: string;
}

export interface Runtime {
  readonly platform: Platform;
  readonly packages: readonly LockedNpmPackage[];
}

/** Names all that the tree depends on: equal keys, equal trees. */
export function runtimeTreeKey({ platform, packages }: Runtime): string {
  const digests = packages.map(({ name, digest }) => ({ name, digest })).sort((a, b) => (a.name < b.name ? -1 : 1));
  return canonicalJson({ runtime: VERSION, platform, packages: digests });
}

/** The packages of onnxruntime, pruned to one platform, as a layer of an image. */
export async function runtimeTree({ platform, packages }: Runtime, sources: NpmSources): Promise<Tree> {
  const machine = { platform: 'linux', arch: PLATFORMS[platform].npmCpu };
  const files = await runtimeFiles({ machine, packages }, sources);
  return completeTree(files.map((entry): Entry => ({ ...entry, path: `${RUNTIME_FOLDER}/${entry.path}` })));
}

/**
 * The files of onnxruntime that a machine needs, by their path below `node_modules`. Throws a Failure when the packages hold no
 * binary for it.
 */
export async function runtimeFiles(
  { machine, packages }: { readonly machine: Machine; readonly packages: readonly LockedNpmPackage[] },
  sources: NpmSources,
): Promise<Tree> {
  const trees = await Promise.all(packages.map((locked) => packageFiles(locked, { machine, sources })));
  const files = trees.flat();
  if (!files.some(({ path }) => path.endsWith(`/${machine.platform}/${machine.arch}/onnxruntime_binding.node`))) {
    throw new Failure(`${describe(packages)} has no binary for ${machine.platform} on ${machine.arch}`, {
      code: 'runtime/no-binary',
      exit: EXIT.usage,
      mend: 'Use a version of onnxruntime that has one, or another machine.',
    });
  }
  return files;
}

async function packageFiles(
  locked: LockedNpmPackage,
  { machine, sources }: { readonly machine: Machine; readonly sources: NpmSources },
): Promise<Tree> {
  const { cache, fetch } = sources;
  // One pass over the large tarball serves both platforms of an image, and this machine when it is one of them.
  const machines = machine.platform === 'linux' ? IMAGE_MACHINES : [machine];
  const binaries = machines.map(binaryFolder);
  const keep = (path: string): boolean =>
    COMMON_FILES.some((pattern) => pattern.test(path)) || binaries.some((folder) => folder.test(path));
  const make = async () => unpackNpm(await fetch(locked), { locked, keep, cache });
  const key = canonicalJson({
    runtimePackage: VERSION,
    digest: locked.digest,
    binaries: binaries.map(({ source }) => source),
  });
  const only = (path: string): boolean => !path.startsWith('bin/') || binaryFolder(machine).test(path);
  const files = await keptTree({ key, make, only }, cache);
  return files.map((entry): Entry => ({ ...entry, path: `${locked.name}/${entry.path}` }));
}

const IMAGE_MACHINES: readonly Machine[] = Object.values(PLATFORMS).map(({ os, npmCpu }) => ({
  platform: os,
  arch: npmCpu,
}));

/** Compiled JavaScript without types and maps, what Node needs to find it, and the licences. */
const COMMON_FILES: readonly RegExp[] = [
  /^dist\/.+\.(c|m)?js$/,
  /^(dist\/.+\/)?package\.json$/,
  /^(LICENSE|NOTICE|ThirdPartyNotices)(\.(txt|md))?$/i,
];

function binaryFolder({ platform, arch }: Machine): RegExp {
  return new RegExp(`^bin/napi-v\\d+/${platform}/${arch}/[^/]+$`);
}

function describe(packages: readonly LockedNpmPackage[]): string {
  return packages.map(({ name, version }) => `${name} ${version}`).join(' with ');
}
