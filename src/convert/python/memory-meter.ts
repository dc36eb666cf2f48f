/** How much memory a process may take with all that it has started, and by what that is told. */
export interface MemoryLimit {
  readonly bytes: number;
  /** Bytes of a process and all that it has started; `null` where nobody can tell. */
  readonly of: (pid: number) => number | null;
}

const POLL_MS = 200;

/** Watches a process, and says once how it went beyond its limit. Gives what stops the watching. */
export function watchMemory(
  pid: number | undefined,
  limit: MemoryLimit | undefined,
  onBeyond: (how: string) => void,
): () => void {
  if (limit === undefined) return () => {};
  const timer = setInterval(() => {
    const bytes = limit.of(pid ?? -1);
    if (bytes !== null && bytes > limit.bytes) {
      onBeyond(`it took more than ${(limit.bytes / 2 ** 30).toFixed(1)} GiB of memory`);
    }
  }, POLL_MS);
  return () => clearInterval(timer);
}
