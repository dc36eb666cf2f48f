import { formatByteSize } from '../../nouns/byte-size.ts';
import type { ImageVerdict, VerdictFailure, VerdictLoad, VerdictMetric } from '../../nouns/verdict.ts';

/** Where and how the image ran, as a sentence. */
export function placeSentence({ place, image, runtime }: ImageVerdict): string {
  const limit =
    place.limitBytes === null
      ? 'without a memory limit'
      : `under ${formatByteSize(place.limitBytes)}${place.limitHeld ? '' : ', which nothing held it to'}`;
  const ways = [
    limit,
    place.readOnly ? 'read-only' : '',
    place.network === 'none' ? 'in a network without a way out' : '',
  ].filter(Boolean);
  const why = place.why === null ? '' : ` (${place.why})`;
  return `${image.platform}, onnxruntime ${runtime.onnxruntime}; ran ${PLACES[place.kind]}${why}, ${ways.join(', ')}.`;
}

const PLACES: Readonly<Record<ImageVerdict['place']['kind'], string>> = {
  container: 'in a container',
  cgroup: 'as a process in a memory cgroup, with its own Node and C library',
  process: 'as a process, with its own Node and C library',
};

/** `system (platform@example.org)`. */
export function ownerText({ owner, responsible }: Pick<VerdictFailure, 'owner' | 'responsible'>): string {
  return responsible === null ? owner : `${owner} (${responsible})`;
}

/** What each owner means, for readers who meet the words here. */
export const OWNER_WORDS: Readonly<Record<VerdictFailure['owner'], string>> = {
  system: 'The image, its server or its limit: the platform’s.',
  numeric: 'An answer beyond tolerance.',
  statistical: 'A metric on labelled data: the model’s.',
  inconclusive: 'Nobody’s yet: something was missing.',
};

/** How a failure is seen again. */
export function smallestText({ smallest }: VerdictFailure): string | null {
  if (smallest === null) return null;
  const rows = smallest.rows === null ? 'one request' : `${smallest.rows} row${smallest.rows === 1 ? '' : 's'}`;
  const many = smallest.requests > 1 ? `, ${smallest.requests} requests at a time` : '';
  return smallest.requests === 0 ? smallest.command : `${rows}${many}: ${smallest.command}`;
}

export function numberText(value: number | null): string {
  if (value === null) return 'unknown';
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)));
}

/** `0.93 (0.91 to 0.95)`. */
export function estimateText({ value, interval }: Pick<VerdictMetric['overall'], 'value' | 'interval'>): string {
  if (value === null || interval === null) return numberText(value);
  return `${numberText(value)} (${numberText(interval.low)} to ${numberText(interval.high)})`;
}

export function thresholdText({ threshold }: VerdictMetric): string {
  if (threshold === null) return '';
  const { min, max, slices } = threshold;
  const words = [min === null ? '' : `≥ ${numberText(min)}`, max === null ? '' : `≤ ${numberText(max)}`];
  return `${words.filter(Boolean).join(', ')}${slices ? ', slices too' : ''}`;
}

/** The slice in which a metric is worst, with its estimate. */
export function worstText({ worst, slices }: VerdictMetric): string {
  if (worst === null) return '';
  const found = slices.find(
    ({ column, value_of_column }) => column === worst.column && value_of_column === worst.value_of_column,
  );
  return `${worst.column} = ${worst.value_of_column}: ${found ? estimateText(found) : 'unknown'}`;
}

export function loadText({ budget, rowsPerSecond, rounds, limits, noise }: VerdictLoad): string {
  const spread = (values: readonly number[]) =>
    `${numberText(Math.min(...values))} to ${numberText(Math.max(...values))}`;
  const noisy = noise.isNoisy ? `; this machine is too noisy (timers late by ${numberText(noise.timerP99Ms)} ms)` : '';
  if (budget === 'throughput')
    return `${spread(rounds.map((round) => round.rowsPerSecond))} of ${numberText(rowsPerSecond)} rows/s answered${noisy}`;
  const p99 = `p99 ${spread(rounds.map(({ p99Ms }) => p99Ms))} ms (at most ${numberText(limits.p99Ms)})`;
  return `${p99}, median ${spread(rounds.map(({ p50Ms }) => p50Ms))} ms at ${numberText(rowsPerSecond)} rows/s${noisy}`;
}
