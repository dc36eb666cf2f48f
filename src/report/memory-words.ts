import { formatByteSize } from '../nouns/byte-size.ts';
import type { MemoryBreakdown, MemoryRemedy, MemoryVerdict } from '../nouns/memory-facts.ts';
import { type MemoryReport, openCauses } from '../nouns/memory-report.ts';

export const VERDICT_WORDS: Readonly<Record<MemoryVerdict, string>> = {
  fits: 'fits',
  'fits-slow': 'fits, but slow',
  'does-not-fit': 'does not fit',
  unknown: 'unknown',
  'no-budget': 'no budget set',
};

export const BREAKDOWN_WORDS: Readonly<Record<keyof MemoryBreakdown, string>> = {
  runtime: 'Node, runtime and server',
  graph: 'graph',
  weights: 'weights in memory',
  packedWeights: 'weights repacked for kernels',
  activations: 'intermediate values',
  kernelScratch: 'scratch of kernels',
  inputs: 'inputs',
  outputs: 'outputs',
  copies: 'copies, texts and garbage of requests',
  javascript: 'JavaScript',
  workers: 'further workers',
};

/** What the memory comes to, in one sentence. */
export function memorySentence({ verdict, limitBytes, recommendedLimitBytes, upperBoundBytes }: MemoryReport): string {
  if (recommendedLimitBytes === null || upperBoundBytes === null)
    return limitBytes === null
      ? 'How much memory it takes is not known.'
      : `Whether it fits ${formatByteSize(limitBytes)} is not known.`;
  const recommended = formatByteSize(recommendedLimitBytes);
  if (limitBytes === null) return `Give the container ${recommended}.`;
  const limit = formatByteSize(limitBytes);
  switch (verdict) {
    case 'fits':
      return `It fits ${limit}; ${recommended} would do.`;
    case 'fits-slow':
      return `It fits ${limit}, but slows down: pages of files are read again and again below ${recommended}.`;
    default:
      return `It does not fit ${limit}: it wants ${recommended}, and up to ${formatByteSize(upperBoundBytes)} of that cannot be given back.`;
  }
}

/** The same in one line, with what was measured, and whether other values may take more. */
export function memoryLine(memory: MemoryReport): string {
  const { probe } = memory;
  const [cause] = openCauses(memory);
  const measured =
    probe === null
      ? ''
      : ` Measured in a ${probe.place}: ${formatByteSize(probe.unreclaimableBytes)} that cannot be given back.`;
  const open = probe === null || cause === undefined ? '' : ` Others may take more: ${cause.name}: ${cause.why}.`;
  return `${memorySentence(memory)}${measured}${open}`;
}

/** Where the peak is. */
export function peakText({ peak }: MemoryReport): string | null {
  if (peak === null) return null;
  if (peak.phase === 'create') return 'while the model is loaded';
  if (peak.node === null) return 'while the answers are copied';
  const { name, operator, graph } = peak.node;
  return `at ${operator} ${name === '' ? '(without a name)' : name}${graph === '' ? '' : ` in ${graph}`}`;
}

export function remedyText({ text, recommendedLimitBytes, savedBytes }: MemoryRemedy): string {
  return `${text}: ${formatByteSize(recommendedLimitBytes)} instead, ${formatByteSize(savedBytes)} less`;
}

/** `batch 32, sequence 128`. */
/** How long runs of a profile take; `null` where nobody has timed them. */
export function speedText({ speed }: Pick<MemoryReport, 'speed'>, profile: string): string | null {
  const found = speed?.profiles.find((each) => each.profile === profile);
  if (!found) return null;
  const range = `${found.least.toFixed(2)} to ${found.most.toFixed(2)}`;
  return found.ratio === null ? `inconclusive (${range})` : `${found.ratio.toFixed(2)} (${range})`;
}

export function boundsText(bounds: Readonly<Record<string, number>>): string {
  return Object.entries(bounds)
    .map(([name, size]) => `${name} ${size}`)
    .join(', ');
}

/** More are not read. */
const CAUSES = 8;

/** Why no plan could be made, one thing a line. */
export function unknownLines(memory: MemoryReport): readonly string[] {
  const causes = openCauses(memory);
  const lines = causes.slice(0, CAUSES).map(({ name, why, declare }) => `${name}: ${why}. Declare ${declare}.`);
  return causes.length > CAUSES ? [...lines, `and ${causes.length - CAUSES} more`] : lines;
}

export function bytesOrUnknown(bytes: number | null): string {
  return bytes === null ? 'not known' : formatByteSize(bytes);
}

export function largestBatchText(largest: number | null): string {
  if (largest === null) return 'not known';
  return largest === 0 ? 'none fits' : String(largest);
}
