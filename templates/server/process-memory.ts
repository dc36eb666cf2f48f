import { readFileSync } from 'node:fs';

/** Memory of this process that the system cannot take back: the resident part that no file backs. 0 where it is not told. */
export function unreclaimableBytes(): number {
  let status: string;
  try {
    status = readFileSync('/proc/self/status', 'latin1');
  } catch {
    return 0;
  }
  const kibibytes = /^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1];
  return Number(kibibytes ?? 0) * 1024;
}
