import type { Cache } from '../cache/cache.ts';
import { npmPackageKey } from '../container/sources/npm/package-key.ts';
import { canonicalJson } from '../nouns/canonical-json.ts';
import { type Digest, digestOf } from '../nouns/digest.ts';
import { type Lock, LockedNpmPackage } from '../nouns/lock.ts';

/** npm packages that are onnxruntime: the binding with its library, and the JavaScript that it shares with other bindings. */
export const RUNTIME_PACKAGES = ['onnxruntime-common', 'onnxruntime-node'] as const;

/** Of the packages: the runtime's identity. */
export function runtimeDigest(packages: readonly LockedNpmPackage[]): Digest {
  return digestOf(canonicalJson(packages.map((locked) => locked.digest).sort()));
}

/** The identity of a version, by the lock or by what was resolved before; nothing is asked of a registry. */
export async function knownRuntimeDigest(
  version: string,
  { lock, cache }: { readonly lock: Lock | undefined; readonly cache: Pick<Cache, 'recall'> },
): Promise<Digest | undefined> {
  if (lock?.onnxruntime.version === version) return runtimeDigest(lock.onnxruntime.packages);
  const recalled = await Promise.all(RUNTIME_PACKAGES.map((name) => cache.recall(npmPackageKey({ name, version }))));
  const known = recalled.flatMap((value) => LockedNpmPackage.safeParse(value).data ?? []);
  return known.length === RUNTIME_PACKAGES.length ? runtimeDigest(known) : undefined;
}
