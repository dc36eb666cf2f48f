import { readFileSync } from 'node:fs';

/** Memory of mapped files that a process has touched; 0 where that cannot be seen. */
export function mappedBytesOf(pid: number | undefined, root = '/'): number {
  if (pid === undefined) return 0;
  try {
    const kibibytes = /^RssFile:\s+(\d+) kB/m.exec(readFileSync(`${root}proc/${pid}/status`, 'utf8'))?.[1];
    return Number(kibibytes ?? 0) * 1024;
  } catch {
    return 0;
  }
}
