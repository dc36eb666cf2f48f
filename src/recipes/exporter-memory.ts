import { totalmem } from 'node:os';
import type { MemoryLimit } from '../convert/python/memory-meter.ts';
import { processTreeMemoryBytes } from '../validate/runtime/process-tree-memory.ts';

/** A machine, or the container that this runs in, is never filled. */
const SHARE = 0.8;

/** How much memory training and exporting may take. */
export function exporterMemory(): MemoryLimit {
  const constrained = process.constrainedMemory();
  const bytes = Math.floor((constrained > 0 ? Math.min(constrained, totalmem()) : totalmem()) * SHARE);
  return { bytes, of: (pid) => processTreeMemoryBytes(pid, process.platform, bytes) };
}
