import { existsSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { type CgroupVersion, GROUP_FILES } from './group-files.ts';

export interface GroupPlace {
  readonly folder: string;
  readonly version: CgroupVersion;
}

const MOUNT = 'sys/fs/cgroup';

/** Where the memory of a process is counted; `undefined` where the kernel does not show it. `root` is another folder in tests. */
export function findGroup(pid: number | 'self', root = '/'): GroupPlace | undefined {
  const lines = read(join(root, 'proc', String(pid), 'cgroup'))
    .split('\n')
    .map(parse);
  const first = lines.find(({ controllers }) => controllers.split(',').includes('memory'));
  const unified = lines.find(({ id }) => id === '0');
  return (
    (first && placeIn(join(root, MOUNT, 'memory'), first.path, 'v1')) ??
    (unified &&
      (placeIn(join(root, MOUNT), unified.path, 'v2') ?? placeIn(join(root, MOUNT, 'unified'), unified.path, 'v2')))
  );
}

/**
 * In a container the path may be one of the host's, which is not there: then the mount itself is the container's group. The top
 * group of version 2 counts nothing, so its files are not asked for.
 */
function placeIn(mount: string, path: string, version: CgroupVersion): GroupPlace | undefined {
  const folder = [join(mount, path).replace(/\/$/, ''), mount].find(
    (candidate) => isWithin(mount, candidate) && existsSync(candidate),
  );
  if (folder === undefined) return undefined;
  const proof = version === 'v1' ? GROUP_FILES.v1.current : 'cgroup.controllers';
  return existsSync(join(folder, proof)) ? { folder, version } : undefined;
}

function isWithin(mount: string, folder: string): boolean {
  return !relative(mount, folder).startsWith('..');
}

function parse(line: string): { readonly id: string; readonly controllers: string; readonly path: string } {
  const [id = '', controllers = '', ...path] = line.split(':');
  return { id, controllers, path: path.join(':') };
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
