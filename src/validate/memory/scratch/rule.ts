import type { Kernel } from '../kernel.ts';

/** Blocks that a kernel takes beside its outputs and holds at one time, in bytes each. */
export type ScratchRule = (kernel: Kernel) => readonly number[];

export type ScratchTable = Readonly<Record<string, ScratchRule>>;

export const NO_SCRATCH: ScratchRule = () => [];
export const FLOAT_BYTES = 4;
