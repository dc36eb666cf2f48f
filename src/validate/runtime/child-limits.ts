import type { ChildLimits } from './runtime-child.ts';

const GIB = 2 ** 30;

/**
 * What the runtime may take to load and try a model of so many bytes (file and external data). Loading keeps the weights up to
 * three times for a moment (as parsed, as tensors, as repacked); trees take twelve times their file. A machine is never filled.
 */
export function childLimits(modelBytes: number, machineBytes: number): ChildLimits {
  const wanted = Math.max(2 * GIB, 4 * modelBytes, Math.min(12 * modelBytes, 8 * GIB));
  return {
    // A slow disk gives 50 MB/s; a minute is there for what small files make the optimiser do.
    timeoutMs: 60_000 + Math.ceil((2 * modelBytes) / 50_000),
    memoryBytes: Math.min(wanted, Math.floor(machineBytes * 0.8)),
  };
}
