import type { Plan } from '../../../schemas/plan.ts';
import { largePagesBytes } from '../large-pages.ts';
import { OptionError } from '../option-error.ts';
import { RunBytes } from './run-bytes.ts';

/** What the memory limit leaves, and how it is shared out. */
export interface LoadLine {
  /** The limit that all of it goes by; `null` where nothing limits this process. */
  readonly limitBytes: number | null;
  /** For each run at a time. */
  readonly runBytes: number;
  /** For all requests together, from the first byte of a body to the last of its answer. */
  readonly requestsBytes: number;
  /** Rows of the largest run. */
  readonly maxSize: number;
  /** Runs at a time. */
  readonly concurrency: number;
  /** What had to be cut down, in words. */
  readonly cuts: readonly string[];
}

export interface LoadLineFacts {
  readonly plan: Plan;
  readonly limitBytes: number | null;
  /** Threads with sessions of their own; 0 where the model runs on this one. */
  readonly workers: number;
  /** Unreclaimable memory now that the model is loaded, for a model without a plan. */
  readonly measuredBytes?: number;
  /** Whether the kernel gives large pages to all memory; false if not given. */
  readonly largePages?: boolean;
}

const MIB = 2 ** 20;

/**
 * Of the room for requests, what one of them may take: its body, and then beside it its tensors with its answer, each. So the largest
 * one always fits when nothing else is there.
 */
export const REQUEST_SHARE = 0.5;

/** Dead tensors and texts that pile up before V8 collects them, as garbage.ts holds them down, with what lives on through one round. */
const GARBAGE_BYTES = 12 * MIB;

/** Least room for requests beside the largest run: a body, its tensors and its answer. */
const REQUESTS_FLOOR_BYTES = 4 * MIB;

/** The code that runs all the time; with less room for its pages than this a process stands still without being killed (measured). */
const HOT_CODE_BYTES = 48 * MIB;

/** Mapped files need room to turn over in (measured): this share more than themselves, and so many bytes. */
const MAPPED_FACTOR = 1.08;
const MAPPED_BYTES = 30 * MIB;

/**
 * Shares out what the container's limit leaves: so much for each run, the rest for requests. Where the limit is lower than
 * what was planned for, first mapped files get less room, then runs get shorter, then fewer go on at a time.
 *
 * @throws OptionError with the arithmetic where not even the smallest run fits
 */
export function settleLoadLine(facts: LoadLineFacts): LoadLine {
  const { plan, limitBytes, workers, largePages = false } = facts;
  const maxSize = plan.batching.state === 'proven' ? plan.batching.maxSize : 1;
  const concurrency = Math.max(1, workers);
  const unlimited = { runBytes: Number.POSITIVE_INFINITY, requestsBytes: Number.POSITIVE_INFINITY };
  if (limitBytes === null) return { limitBytes, ...unlimited, maxSize, concurrency, cuts: [] };
  if (plan.memory === null) return { ...unplanned(facts, limitBytes), maxSize, concurrency };
  assertLoads(plan.memory, limitBytes);
  for (let threads = workers; ; threads--) {
    const line = shareOut(plan.memory, { limitBytes, workers: threads, maxSize, largePages });
    if (line !== undefined) {
      const fewer = threads < workers ? [`${threads} runs at a time instead of ${workers}`] : [];
      return { ...line, limitBytes, cuts: [...fewer, ...line.cuts] };
    }
    if (threads <= 1) throw tooLittle(plan.memory, { limitBytes, workers: threads, maxSize, largePages });
  }
}

/** Half of what is left is for requests, the other half for runs of which nothing is known. */
function unplanned(
  { measuredBytes = 0 }: LoadLineFacts,
  limitBytes: number,
): Pick<LoadLine, 'limitBytes' | 'runBytes' | 'requestsBytes' | 'cuts'> {
  const left = Math.max(0, limitBytes - measuredBytes - HOT_CODE_BYTES - GARBAGE_BYTES);
  if (left < 2 * REQUESTS_FLOOR_BYTES) {
    throw new OptionError(
      `the memory limit of ${mib(limitBytes)} is too low: ${mib(measuredBytes)} with the model loaded, ` +
        `${mib(HOT_CODE_BYTES)} for code, ${mib(GARBAGE_BYTES)} between collections leave ${mib(left)} for requests and runs`,
    );
  }
  return { limitBytes, runBytes: Number.POSITIVE_INFINITY, requestsBytes: Math.floor(left / 2), cuts: [] };
}

/**
 * What requests may hold while a model is loaded anew on a thread of its own, with nothing running; no limit where nothing is planned.
 */
export function roomWhileLoading({ memory }: Plan, limitBytes: number | null): number {
  if (memory === null || limitBytes === null) return Number.POSITIVE_INFINITY;
  const { createPeakBytes, workerBytes, modelBytes } = memory;
  const peak = upperBound(createPeakBytes + workerBytes - modelBytes, memory);
  return Math.max(0, limitBytes - peak - HOT_CODE_BYTES - GARBAGE_BYTES);
}

type Memory = NonNullable<Plan['memory']>;

function assertLoads(memory: Memory, limitBytes: number): void {
  const needed = upperBound(memory.createPeakBytes, memory) + HOT_CODE_BYTES;
  if (needed <= limitBytes) return;
  throw new OptionError(
    `the memory limit of ${mib(limitBytes)} is too low to load the model: ` +
      `${mib(needed - HOT_CODE_BYTES)} while it is loaded and ${mib(HOT_CODE_BYTES)} for code make ${mib(needed)}; ` +
      `${mib(memory.recommendedLimitBytes)} was planned for`,
  );
}

interface Shares {
  readonly limitBytes: number;
  readonly workers: number;
  readonly maxSize: number;
  readonly largePages: boolean;
}

function shareOut(
  memory: Memory,
  { limitBytes, workers, maxSize, largePages }: Shares,
): Omit<LoadLine, 'limitBytes'> | undefined {
  const runs = new RunBytes(memory);
  const concurrency = Math.max(1, workers);
  const standing = standingBytes(memory, workers) + (largePages ? largePagesBytes(workers) : 0);
  const mapped = Math.ceil(memory.mappedBytes * MAPPED_FACTOR + MAPPED_BYTES);
  const floor = REQUESTS_FLOOR_BYTES + GARBAGE_BYTES;
  const largest = runs.atBounds(maxSize);
  const room = limitBytes - standing - floor;
  // Room for mapped files gives way first: with less of it pages are read again, which is slow and kills nobody.
  const mappedShare = Math.max(HOT_CODE_BYTES, Math.min(mapped, room - concurrency * largest));
  const left = room - mappedShare;
  if (left < concurrency * runs.least) return undefined;
  const runBytes = Math.min(largest, Math.floor(left / concurrency));
  const rows = largestRows(runs, memory, { runBytes, maxSize });
  return {
    runBytes,
    requestsBytes: left - concurrency * runBytes + REQUESTS_FLOOR_BYTES,
    maxSize: rows,
    concurrency,
    cuts: [
      // At the recommended limit the difference is that of two ways to count what requests leave behind.
      ...(mappedShare < mapped && limitBytes < memory.recommendedLimitBytes
        ? [`${mib(mappedShare)} for mapped files instead of ${mib(mapped)}`]
        : []),
      ...(runBytes < largest ? [`${mib(runBytes)} for a run instead of ${mib(largest)}`] : []),
      ...(rows < maxSize ? [`${rows} rows in a run instead of ${maxSize}`] : []),
    ],
  };
}

/** Rows at the bounds of everything else; shorter inputs may still go together in larger numbers. */
function largestRows(
  runs: RunBytes,
  { axes, rowsAxis }: Memory,
  { runBytes, maxSize }: { readonly runBytes: number; readonly maxSize: number },
): number {
  const sizes = rowsAxis === null ? [] : (axes[rowsAxis]?.sizes ?? []);
  if (axes.length > 1 || rowsAxis === null) return maxSize;
  const fitting = sizes.filter((size) => runs.atBounds(size) <= runBytes);
  return Math.max(1, Math.min(maxSize, fitting[fitting.length - 1] ?? 1));
}

function standingBytes(memory: Memory, workers: number): number {
  const { idleBytes, modelBytes, workerBytes } = memory;
  return upperBound(workers === 0 ? idleBytes : idleBytes - modelBytes + workers * workerBytes, memory);
}

function upperBound(bytes: number, { marginFactor, marginBytes }: Memory): number {
  return Math.ceil(bytes * (1 + marginFactor) + marginBytes);
}

function tooLittle(memory: Memory, { limitBytes, workers, largePages }: Shares): OptionError {
  const parts: readonly (readonly [string, number])[] = [
    ['with the model loaded', standingBytes(memory, workers)],
    ['for code', HOT_CODE_BYTES],
    ['between collections', GARBAGE_BYTES],
    ['for requests', REQUESTS_FLOOR_BYTES],
    ['for the smallest run', new RunBytes(memory).least],
    ...(largePages ? [['for large pages', largePagesBytes(workers)] as const] : []),
  ];
  const sum = parts.reduce((total, [, bytes]) => total + bytes, 0);
  const words = parts.map(([what, bytes]) => `${mib(bytes)} ${what}`).join(', ');
  return new OptionError(
    `the memory limit of ${mib(limitBytes)} is too low: ${words} make ${mib(sum)}; ` +
      `${mib(memory.recommendedLimitBytes)} was planned for`,
  );
}

/** Rounded up: a limit that is told must be enough. */
export function mib(bytes: number): string {
  return `${Math.ceil((bytes / MIB) * 10) / 10} MiB`;
}
