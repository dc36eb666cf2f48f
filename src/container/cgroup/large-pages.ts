import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const MIB = 2 ** 20;

/** What large pages of 2 MiB take at the most beside what is planned; a test holds it to the server's own (large-pages.ts). */
export function largePagesBytes(workers: number): number {
  return 12 * MIB + workers * 4 * MIB;
}

/** Where the kernel gives large pages, in its own word; `null` where it says nothing. `root` is another folder in tests. */
export function largePages(root = '/'): 'always' | 'madvise' | 'never' | null {
  try {
    const chosen = /\[(always|madvise|never)\]/.exec(
      readFileSync(join(root, 'sys/kernel/mm/transparent_hugepage/enabled'), 'latin1'),
    );
    return (chosen?.[1] ?? null) as ReturnType<typeof largePages>;
  } catch {
    return null;
  }
}
