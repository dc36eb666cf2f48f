import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * Bytes that a process holds and the system cannot take back (anonymous, shared and swapped; mapped files are left out). Linux
 * says so in /proc; elsewhere `ps` gives the resident size, mapped files included; where neither exists (Windows), or the process
 * has ended, `null`.
 */
export function processMemoryBytes(pid: number, platform: NodeJS.Platform): number | null {
  try {
    return platform === 'linux' ? fromProc(readFileSync(`/proc/${pid}/status`, 'utf8')) : fromPs(pid, platform);
  } catch {
    return null;
  }
}

function fromProc(status: string): number {
  return ['RssAnon', 'RssShmem', 'VmSwap'].reduce((sum, field) => {
    const kibibytes = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1];
    return sum + Number(kibibytes ?? 0) * 1024;
  }, 0);
}

function fromPs(pid: number, platform: NodeJS.Platform): number | null {
  if (platform === 'win32') return null;
  const kibibytes = Number(
    execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
  );
  return Number.isFinite(kibibytes) ? kibibytes * 1024 : null;
}
