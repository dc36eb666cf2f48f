import { type BigIntStats, readFileSync, statSync } from 'node:fs';

/** How often files are looked at. Mounted secrets change by the hour or the month; their change need not hold at once. */
const LOOK_MS = 2000;

/**
 * Reads files at start and again whenever one of them has changed, as mounted secrets do. What cannot be used after a change is
 * told, and what was there before holds on.
 *
 * @throws Error of `use` or of the file system where the files cannot be used at start
 */
export function watchFiles(
  paths: readonly string[],
  { use, onProblem }: { use: (contents: readonly Buffer[]) => void; onProblem: (message: string) => void },
): void {
  let seen = stampOf(paths);
  use(paths.map((path) => readFileSync(path)));
  setInterval(() => {
    const now = stampOf(paths);
    if (now === seen) return;
    seen = now;
    try {
      use(paths.map((path) => readFileSync(path)));
    } catch (error) {
      onProblem(`what was there before holds on: ${error instanceof Error ? error.message : String(error)}`);
    }
  }, LOOK_MS).unref();
}

/** What changes when a file does: written in place, replaced, or reached by another link. */
function stampOf(paths: readonly string[]): string {
  return paths
    .map((path) => {
      const stat = look(path);
      return stat ? `${stat.dev}:${stat.ino}:${stat.size}:${stat.mtimeNs}` : 'gone';
    })
    .join(' ');
}

/** `undefined` also where the way there is barred, as it may be for a while. */
function look(path: string): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true });
  } catch {
    return undefined;
  }
}
