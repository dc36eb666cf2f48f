export type CgroupVersion = 'v1' | 'v2';

/** What the kernel calls the files and fields of a memory cgroup. */
export interface GroupFiles {
  readonly members: string;
  readonly current: string;
  readonly peak: string;
  /** Written to the file of the peak to count anew; on version 2 it holds for the file descriptor that wrote it. */
  readonly reset: string;
  readonly limit: string;
  /** What keeps pages from being swapped instead of counted, and whether it takes the limit or a zero. */
  readonly swap: { readonly file: string; readonly value: 'limit' | 'none' };
  readonly unlimited: string;
  /** Where kills are counted. */
  readonly kills: { readonly file: string; readonly field: string };
  readonly statistics: string;
}

/** Kernel documentation: admin-guide/cgroup-v1/memory and admin-guide/cgroup-v2. */
export const GROUP_FILES: Readonly<Record<CgroupVersion, GroupFiles>> = {
  v1: {
    members: 'cgroup.procs',
    current: 'memory.usage_in_bytes',
    peak: 'memory.max_usage_in_bytes',
    reset: '0',
    limit: 'memory.limit_in_bytes',
    swap: { file: 'memory.memsw.limit_in_bytes', value: 'limit' },
    unlimited: '-1',
    kills: { file: 'memory.oom_control', field: 'oom_kill' },
    statistics: 'memory.stat',
  },
  v2: {
    members: 'cgroup.procs',
    current: 'memory.current',
    peak: 'memory.peak',
    reset: '1',
    limit: 'memory.max',
    swap: { file: 'memory.swap.max', value: 'none' },
    unlimited: 'max',
    kills: { file: 'memory.events', field: 'oom_kill' },
    statistics: 'memory.stat',
  },
};

/** Pages of files that the kernel can take back, in both versions' statistics; tmpfs is not among them. */
export const FILE_PAGE_FIELDS = ['active_file', 'inactive_file'] as const;
