import { type Kernel, product } from '../kernel.ts';
import { FLOAT_BYTES, type ScratchRule, type ScratchTable } from './rule.ts';

/** Rows that each expert takes are kept in lists of twice as many. */
const LIST_ROOM = 2;

/**
 * Which rows go to which experts is decided by the data: at the most all go to the same ones. For each thread that has one of them: its
 * rows, what they become in between and after, and two products of the wider kind; and a result of each thread, before they are added up.
 * Measured by bench/kernel-scratch.ts.
 */
const experts: ScratchRule = (kernel) => {
  const { dims } = kernel.input(0);
  const width = dims.at(-1) ?? 0;
  const rows = product(dims.slice(0, -1));
  const inner = kernel.input(2).dims[1] ?? 0;
  const active = activeThreads(kernel);
  const narrow = rows * width * FLOAT_BYTES;
  const wide = rows * inner * FLOAT_BYTES;
  const lists = [narrow, narrow, wide, wide, narrow].map((bytes) => LIST_ROOM * bytes);
  const perThread = [...lists, wide, wide, ...(kernel.has(THIRD_WEIGHT) ? [LIST_ROOM * wide, wide] : [])];
  return [Math.max(2, active) * narrow, ...Array.from({ length: active }, () => perThread).flat()];
};

const THIRD_WEIGHT = 6;

function activeThreads(kernel: Kernel): number {
  const count = kernel.input(2).dims[0] ?? 1;
  return Math.max(1, Math.min(kernel.settings.threads, kernel.int('k', 1), count));
}

export const mixtures: ScratchTable = { 'com.microsoft:MoE': experts };
