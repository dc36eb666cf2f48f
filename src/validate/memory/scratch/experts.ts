import { type Kernel, product } from '../kernel.ts';
import { FLOAT_BYTES, type ScratchRule, type ScratchTable } from './rule.ts';

/**
 * Which rows go to which experts is decided by the data: at the most all go to the same ones, and those are of different threads. Each
 * thread adds what its experts make up in an output of its own; for the expert that it works on it has the rows twice, what they become in
 * between, before and after the activation, and in the end. Room is made for twice as many rows, and for what is in between a second
 * time: what is not written to is not there.
 */
const experts: ScratchRule = (kernel) => {
  const { dims, bytes } = kernel.input(0);
  const width = Math.max(1, dims.at(-1) ?? 0);
  const rows = product(dims.slice(0, -1));
  const first = kernel.input(2).dims[1] ?? 0;
  const inner = product(kernel.input(SECOND_WEIGHT).dims.slice(1)) / width;
  const chosen = kernel.int('k', 1);
  const threads = Math.max(1, Math.min(kernel.settings.threads, count(kernel), MOST_THREADS));
  const busy = Math.min(threads, chosen);
  const between = busy * rows * (first + inner) * FLOAT_BYTES;
  const copies = (kernel.hasAttribute('normalize_routing_weights') ? 1 : 0) + threads + LISTS * busy;
  return [
    ...new Array<number>(copies).fill(bytes),
    rows * chosen * ROUTE_BYTES,
    // All threads' outputs are added up once what is in between has gone.
    Math.max(bytes, between),
  ];
};

/** As wide as the input. */
const LISTS = 3;
const SECOND_WEIGHT = 4;
/** However many the pool has. */
const MOST_THREADS = 8;
/** Of each row with each of its experts: which one, how much it counts, and its place in lists that double as they grow. */
const ROUTE_BYTES = 32;

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
  const inner = (kernel.input(SECOND_WEIGHT_OF_FEW_BITS).dims[2] ?? 0) * perByte;
  const third = kernel.has(THIRD_WEIGHT_OF_FEW_BITS) ? inner * width : 0;
  const threads = Math.max(1, Math.min(kernel.settings.threads, count(kernel)));
  const lists = [rows * width, rows * width, rows * first, rows * inner, third && rows * inner];
  const perThread = [...lists, rows * width, width * first, inner * width, third].map((each) => each * FLOAT_BYTES);
  const widened = elementType === 'float' ? [] : [rows * width * FLOAT_BYTES, rows * width * FLOAT_BYTES];
  return [...widened, ...Array.from({ length: threads }, () => perThread).flat()];
};

const SECOND_WEIGHT_OF_FEW_BITS = 5;
const THIRD_WEIGHT_OF_FEW_BITS = 8;

function count(kernel: Kernel): number {
  return kernel.input(2).dims[0] ?? 1;
}

export const mixtures: ScratchTable = { 'com.microsoft:MoE': experts, 'com.microsoft:QMoE': quantizedExperts };
