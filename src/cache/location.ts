import { posix, win32 } from 'node:path';

export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** As `process.platform` says it. */
  readonly platform: string;
  /** The user's home folder. */
  readonly home: string;
}

/** Where the cache lies: `PLIMSOLL_CACHE` when it is set, else the platform's own folder for caches. */
export function cacheFolder({ env, platform, home }: Surroundings): string {
  if (env.PLIMSOLL_CACHE) return env.PLIMSOLL_CACHE;
  if (platform === 'win32') {
    return win32.join(env.LOCALAPPDATA || win32.join(home, 'AppData', 'Local'), 'plimsoll', 'Cache');
  }
  if (platform === 'darwin') return posix.join(home, 'Library', 'Caches', 'plimsoll');
  // The XDG base directory specification: a relative value is to be ignored.
  const xdg = env.XDG_CACHE_HOME;
  return posix.join(xdg && posix.isAbsolute(xdg) ? xdg : posix.join(home, '.cache'), 'plimsoll');
}
