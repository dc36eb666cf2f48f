import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Context } from 'mocha';
import { unseal } from '../../src/cache/facts.ts';
import { cacheFolder } from '../../src/cache/location.ts';
import { hostRuntimeKey } from '../../src/container/sources/host-runtime.ts';
import { DEFAULT_RUNTIME } from '../../src/nouns/config.ts';
import { digestOf, hexOf } from '../../src/nouns/digest.ts';
import { LockedNpmPackage } from '../../src/nouns/lock.ts';

/**
 * A folder whose `node_modules` holds onnxruntime-node and onnxruntime-common, or `undefined` where this machine has none;
 * tests that need it are then skipped. `PLIMSOLL_TEST_RUNTIME` names it; else it is what `plimsoll package` has left in the cache.
 * Nothing is fetched.
 */
export function runtimeFolder(): string | undefined {
  return [process.env.PLIMSOLL_TEST_RUNTIME, cachedRuntime()].find(
    (folder) => folder !== undefined && existsSync(join(folder, 'node_modules', 'onnxruntime-node', 'package.json')),
  );
}

/** The same for tests of which none goes without it: skips them where there is none, and has them counted as skipped. */
export function runtimeOrSkip(tests: Context): string {
  return runtimeFolder() ?? tests.skip();
}

/** The place of the cache on this machine. */
export function cacheRoot(): string {
  return cacheFolder({ env: process.env, platform: process.platform, home: homedir() });
}

function cachedRuntime(): string | undefined {
  const packages = ['onnxruntime-common', 'onnxruntime-node'].map((name) =>
    LockedNpmPackage.safeParse(recall(`npm package ${name}@${DEFAULT_RUNTIME.onnxruntime}`)),
  );
  const locked = packages.flatMap(({ data }) => data ?? []);
  if (locked.length < packages.length) return undefined;
  const key = hostRuntimeKey(locked, { platform: process.platform, arch: process.arch });
  return join(cacheRoot(), 'v1', 'folders', hexOf(digestOf(key)), 'content');
}

function recall(key: string): unknown {
  const file = join(cacheRoot(), 'v1', 'facts', `${hexOf(digestOf(key))}.json`);
  return existsSync(file) ? (unseal(readFileSync(file, 'utf8')) as { value?: unknown } | undefined)?.value : undefined;
}
