import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const MIB = 2 ** 20;

/**
 * What large pages of 2 MiB take at the most beside what is planned (measured under Linux 6.1 and 6.12, and after the kernel's own thread had
 * joined what it could): the ends of the heap, compiled code and stacks are filled up to whole pages. Large buffers take nothing more.
 */
export function largePagesBytes(workers: number): number {
  return 12 * MIB + workers * 4 * MIB;
}

/** Whether the kernel gives large pages to all memory, and not only where a program asks for them. `root` is another folder in tests. */
export function hasLargePages(root = '/'): boolean {
  try {
    return readFileSync(join(root, 'sys/kernel/mm/transparent_hugepage/enabled'), 'latin1').includes('[always]');
  } catch {
    return false;
  }
}
