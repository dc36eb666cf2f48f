import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCache } from '../../../src/cache/cache.ts';
import { openRegistry, type Registry, type RegistryOptions } from '../../../src/container/registry/registry.ts';
import type { Supply } from '../../../src/container/sources/download.ts';
import { Failure } from '../../../src/nouns/failure.ts';
import { SILENT } from '../../../src/nouns/progress.ts';

export interface Bench {
  readonly folder: string;
  readonly registry: Registry;
  readonly supply: Pick<Supply, 'cache' | 'progress'>;
}

/** A cache, a home without credentials and a way to a registry, for one test. */
export async function withRegistry<T>(
  name: string,
  body: (bench: Bench) => Promise<T>,
  options: Partial<RegistryOptions> & { readonly env?: Readonly<Record<string, string>> } = {},
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'plimsoll-registry-'));
  const { env = {}, ...rest } = options;
  const machine = { env: { PATH: process.env.PATH, ...env }, home: folder, now: () => new Date() };
  const registry = openRegistry(name, { machine, pauseMs: 1, stallTimeoutMs: 2000, ...rest });
  try {
    const cache = await openCache({ folder: join(folder, 'cache') });
    return await body({ folder, registry, supply: { cache, progress: SILENT } });
  } finally {
    await registry.close();
    await rm(folder, { recursive: true, force: true });
  }
}

export function isFailure(code: string, ...parts: readonly RegExp[]): (error: unknown) => true {
  return (error) => {
    assert.ok(error instanceof Failure, error instanceof Error ? error.stack : String(error));
    assert.equal(error.code, code, error.message);
    for (const part of parts) assert.match(`${error.message} | ${error.mend}`, part);
    return true;
  };
}
