import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { chmod, copyFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { nodeTree } from '../../container/sources/node-tree.ts';
import { fetchNpmPackage, resolveNode } from '../../container/sources/npm.ts';
import { Failure } from '../../nouns/failure.ts';
import { PLATFORMS, type Platform } from '../../nouns/platform.ts';
import type { ShippedProject } from '../fit-project.ts';
import type { Workbench } from '../workbench.ts';

const PATIENCE_MS = 10_000;

/** The locked Node's binary where this machine runs it; else the Node that runs this program, which takes a little more or less. */
export async function hostNode({ project, lock }: ShippedProject, bench: Workbench): Promise<string> {
  const platform = ownPlatform(bench);
  if (platform === undefined) return process.execPath;
  const version = project.config.runtime.node;
  try {
    const kept = lock?.node.version === version ? lock.node.packages[platform] : undefined;
    const locked = kept ?? (await resolveNode({ version, platforms: [platform] }, bench))[platform];
    if (locked === undefined) return process.execPath;
    const tree = await nodeTree(locked, { cache: bench.cache, fetch: (each) => fetchNpmPackage(each, bench) });
    const binary = tree.find(({ path }) => path === 'usr/local/bin/node');
    if (binary?.kind !== 'file' || binary.content.kind !== 'file') return process.execPath;
    return await runnable(binary.content.path, { version, bench });
  } catch (error) {
    // Without a network, or where the registry has it no more, this machine's own will do.
    if (error instanceof Failure) return process.execPath;
    throw error;
  }
}

function ownPlatform({ machine }: Workbench): Platform | undefined {
  if (machine.platform !== 'linux') return undefined;
  return (Object.keys(PLATFORMS) as Platform[]).find((name) => PLATFORMS[name].npmCpu === machine.cpu);
}

async function runnable(
  path: string,
  { version, bench }: { readonly version: string; readonly bench: Workbench },
): Promise<string> {
  const program = await executable(path, bench);
  const said = await promisify(execFile)(program, ['--version'], { timeout: PATIENCE_MS }).catch(() => ({
    stdout: '',
  }));
  return said.stdout.trim() === `v${version}` ? program : process.execPath;
}

/** Content in the cache is not for running; a copy of it in a folder of its own is, and is made once. */
async function executable(path: string, { cache }: Workbench): Promise<string> {
  const make = async (place: string) => {
    const target = join(place, 'node');
    await copyFile(path, target, constants.COPYFILE_FICLONE);
    await chmod(target, 0o755);
  };
  const folder = await cache.folder(`node binary ${basename(path)}`, make, { check: 'sizes' });
  return join(folder, 'node');
}
