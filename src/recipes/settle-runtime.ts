import { fetchAll } from '../container/sources/fetch-all.ts';
import { hostRuntimeFolder, thisHost } from '../container/sources/host-runtime.ts';
import { fetchNpmPackage, resolveNpmPackage } from '../container/sources/npm.ts';
import type { Digest } from '../nouns/digest.ts';
import type { Lock, LockedNpmPackage } from '../nouns/lock.ts';
import type { Project } from '../project/read-project.ts';
import { RUNTIME_PACKAGES, runtimeDigest } from './runtime-identity.ts';
import type { Workbench } from './workbench.ts';

/** The locked onnxruntime on this machine. */
export interface HostRuntime {
  readonly version: string;
  readonly packages: readonly LockedNpmPackage[];
  /** Its `node_modules` holds the packages, pruned to this machine. */
  readonly folder: string;
  /** Of the packages: the runtime's identity. */
  readonly digest: Digest;
}

/** Settles which onnxruntime serves, by the lock where it has the wanted version, and puts it in place on this machine. */
export async function settleRuntime(
  project: Project,
  { lock, bench }: { lock: Lock | undefined; bench: Workbench },
): Promise<HostRuntime> {
  const version = project.config.runtime.onnxruntime;
  const packages =
    lock?.onnxruntime.version === version
      ? lock.onnxruntime.packages
      : await fetchAll(
          RUNTIME_PACKAGES.map((name) => (supply) => resolveNpmPackage({ name, version }, { ...bench, ...supply })),
          { supply: bench },
        );
  const folder = await hostRuntimeFolder(
    { packages, host: thisHost() },
    { cache: bench.cache, fetch: (locked) => fetchNpmPackage(locked, bench) },
  );
  return { version, packages, folder, digest: runtimeDigest(packages) };
}
