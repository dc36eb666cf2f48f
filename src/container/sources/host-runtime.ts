import { constants } from 'node:fs';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { canonicalJson } from '../../nouns/canonical-json.ts';
import { EXIT, Failure } from '../../nouns/failure.ts';
import type { LockedNpmPackage } from '../../nouns/lock.ts';
import type { NpmSources } from './node-tree.ts';
import { type Machine, runtimeFiles } from './runtime-tree.ts';

/** To be raised with every change to what the folder holds. */
const VERSION = 1;

/** Machines that onnxruntime is published for. */
const SUPPORTED = ['linux/x64', 'linux/arm64', 'darwin/arm64', 'win32/x64', 'win32/arm64'];

export interface Host extends Machine {
  /** Version of the GNU C library; nothing where there is none, as on Alpine. Only Linux has to have it. */
  readonly glibc: string | undefined;
}

/** This machine, as onnxruntime's binaries see it. */
export function thisHost(): Host {
  const report = process.report?.getReport() as { header?: { glibcVersionRuntime?: string } } | undefined;
  return { platform: process.platform, arch: process.arch, glibc: report?.header?.glibcVersionRuntime };
}

/**
 * A folder whose `node_modules` holds the packages of onnxruntime pruned to this machine: the very files that go into an image of
 * its platform. No install script runs. Throws a Failure for a machine that onnxruntime is not published for.
 */
export async function hostRuntimeFolder(
  { packages, host }: { readonly packages: readonly LockedNpmPackage[]; readonly host: Host },
  sources: NpmSources,
): Promise<string> {
  assertSupported(host);
  const machine = { platform: host.platform, arch: host.arch };
  return sources.cache.folder(hostRuntimeKey(packages, machine), async (folder) => {
    for (const entry of await runtimeFiles({ machine, packages }, sources)) {
      if (entry.kind !== 'file') continue;
      const place = join(folder, 'node_modules', entry.path);
      await mkdir(dirname(place), { recursive: true });
      // Where the file system can share blocks between files, the copy costs nothing.
      if (entry.content.kind === 'file') await copyFile(entry.content.path, place, constants.COPYFILE_FICLONE);
      else await writeFile(place, entry.content.bytes);
    }
  });
}

/** Under which the cache keeps the folder. */
export function hostRuntimeKey(packages: readonly Pick<LockedNpmPackage, 'digest'>[], machine: Machine): string {
  return canonicalJson({
    hostRuntime: VERSION,
    platform: machine.platform,
    arch: machine.arch,
    packages: packages.map(({ digest }) => digest).sort(),
  });
}

function assertSupported({ platform, arch, glibc }: Host): void {
  const name = `${platform}/${arch}`;
  if (!SUPPORTED.includes(name)) {
    throw new Failure(`onnxruntime is not published for this machine, ${name}; it is for ${SUPPORTED.join(', ')}`, {
      code: 'runtime/unsupported-machine',
      exit: EXIT.usage,
      mend: 'Run this on one of those machines; images for linux can be made on any of them.',
    });
  }
  if (platform === 'linux' && glibc === undefined) {
    throw new Failure('onnxruntime needs the GNU C library, and this Linux has another one (such as musl, on Alpine)', {
      code: 'runtime/no-glibc',
      exit: EXIT.usage,
      mend: 'Run this on a distribution with glibc, such as Debian, Ubuntu or Fedora, or in a container of one.',
    });
  }
}
