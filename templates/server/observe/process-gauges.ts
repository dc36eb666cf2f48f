import { readdirSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { readControlGroupMemory } from '../cgroup.ts';
import { unreclaimableBytes } from '../process-memory.ts';
import { Gauge } from './instruments.ts';

/** How often the loop's delay is looked at; a finer look would wake an idle process for nothing. */
const LOOK_MS = 20;

/** The process by the names that Prometheus' own client libraries use, for which dashboards exist. */
export function makeProcessGauges(): Gauge[] {
  const delay = monitorEventLoopDelay({ resolution: LOOK_MS });
  delay.enable();
  const started = Date.now() / 1000 - process.uptime();
  const seconds = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e9 - LOOK_MS / 1000);
  const gauge = (name: string, help: string, read: () => number | null): Gauge => new Gauge({ name, help }, read);
  return [
    new Gauge({ name: 'process_cpu_seconds_total', help: 'Processor time, user and system.', type: 'counter' }, () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1e6;
    }),
    gauge('process_start_time_seconds', 'Start of the process, in seconds since 1970.', () => started),
    gauge('process_resident_memory_bytes', 'Resident memory, mapped files included.', () => process.memoryUsage.rss()),
    gauge('plimsoll_unreclaimable_memory_bytes', 'Resident memory that no file backs.', unreclaimableBytes),
    gauge('plimsoll_cgroup_memory_bytes', 'Memory that the control group is charged with.', () =>
      readControlGroupMemory(),
    ),
    gauge('process_open_fds', 'Open file descriptors.', openDescriptors),
    gauge('nodejs_heap_size_total_bytes', 'Heap of V8.', () => process.memoryUsage().heapTotal),
    gauge('nodejs_heap_size_used_bytes', 'Used part of the heap.', () => process.memoryUsage().heapUsed),
    gauge(
      'nodejs_external_memory_bytes',
      'Memory outside of the heap that V8 knows of.',
      () => process.memoryUsage().external,
    ),
    gauge('nodejs_eventloop_lag_seconds', 'Mean delay of the event loop.', () => seconds(delay.mean)),
    gauge('nodejs_eventloop_lag_p50_seconds', 'Median delay of the event loop.', () => seconds(delay.percentile(50))),
    gauge('nodejs_eventloop_lag_p99_seconds', '99th percentile of the delay.', () => seconds(delay.percentile(99))),
    gauge('nodejs_eventloop_lag_max_seconds', 'Longest delay since the last look.', () => {
      const longest = seconds(delay.max);
      delay.reset();
      return longest;
    }),
    new Gauge({ name: 'nodejs_version_info', help: 'Version of Node.', labels: { version: process.version } }, () => 1),
  ];
}

function openDescriptors(): number | null {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return null;
  }
}
