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
  // Where each row has one expert, those of two threads are no more together, but each thread has its lists.
  const isSplit = active === 1 && Math.min(kernel.settings.threads, count(kernel)) > 1;
  const split = isSplit ? [2 * narrow, wide] : [];
  return [Math.max(2, active) * narrow, ...split, ...Array.from({ length: active }, () => perThread).flat()];
};

const THIRD_WEIGHT = 6;

function activeThreads(kernel: Kernel): number {
  return Math.max(1, Math.min(kernel.settings.threads, kernel.int('k', 1), count(kernel)));
}

function count(kernel: Kernel): number {
  return kernel.input(2).dims[0] ?? 1;
}

/**
 * Weights in few bits: each thread makes 32-bit floats of an expert's. Lists of all threads have room for as many rows as go to the expert
 * that most go to, which at the most is all of them.
 */
const quantizedExperts: ScratchRule = (kernel) => {
  const { dims, elementType } = kernel.input(0);
  const width = dims.at(-1) ?? 0;
  const rows = product(dims.slice(0, -1));
  const first = kernel.input(2).dims[1] ?? 0;
  const perByte = 8 / kernel.int('expert_weight_bits', 4);
  const inner = (kernel.input(SECOND_WEIGHT).dims[2] ?? 0) * perByte;
  const third = kernel.has(THIRD_WEIGHT_OF_FEW_BITS) ? inner * width : 0;
  const threads = Math.max(1, Math.min(kernel.settings.threads, count(kernel)));
  const lists = [rows * width, rows * width, rows * first, rows * inner, third && rows * inner];
  const perThread = [...lists, rows * width, width * first, inner * width, third].map((each) => each * FLOAT_BYTES);
  const widened = elementType === 'float' ? [] : [rows * width * FLOAT_BYTES, rows * width * FLOAT_BYTES];
  return [...widened, ...Array.from({ length: threads }, () => perThread).flat()];
};

const SECOND_WEIGHT = 5;
const THIRD_WEIGHT_OF_FEW_BITS = 8;

export const mixtures: ScratchTable = { 'com.microsoft:MoE': experts, 'com.microsoft:QMoE': quantizedExperts };
