import { readFileSync } from 'node:fs';

/**
 * The largest resident size, in bytes, that this process has had since its program was started.
 *
 * Linux hands the peak of the process that started it down through `getrusage`, so a child of a large process reports that
 * one's; the kernel's account of the address space itself (`VmHWM`, proc_pid_status(5)) begins anew with the program.
 */
export function peakMemoryBytes(): number {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS * 1024;
  const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  if (kibibytes === undefined) throw new Error('/proc/self/status has no line VmHWM');
  return Number(kibibytes) * 1024;
}
