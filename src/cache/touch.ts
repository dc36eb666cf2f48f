import { utimes } from 'node:fs/promises';

/** Marks something as used now. Where that is refused, as in a cache that is only read, nobody prunes either. */
export async function touch(path: string): Promise<void> {
  const now = new Date();
  await utimes(path, now, now).catch(() => {});
}
