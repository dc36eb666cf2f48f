import { formatByteSize } from '../../nouns/byte-size.ts';
import type { MemoryRemedy } from '../../nouns/memory-facts.ts';
import type { MemoryReport } from '../../nouns/memory-report.ts';
import type { RuleDescription, Violation } from '../rules/rule.ts';

export const rule: RuleDescription = {
  id: 'budget/memory',
  severity: 'error',
  title: 'The container fits its memory limit',
  explanation:
    'Above its limit a container is killed, or stalls because the pages of its own code are taken from it again and again. The plan says beforehand what the model will take at its bounds: what cannot be given back, and the files that are mapped.',
  mend: 'Lower the bounds, choose the profile `lean`, or raise `budget.memory`.',
  source: 'plimsoll.yaml, `budget.memory`; `--memory`.',
};

/** Ways out that a finding names. */
const REMEDIES = 3;

/** That a plan, or what was measured, is over the limit: with the arithmetic. */
export function memoryBreaches(memory: MemoryReport): readonly Violation[] {
  const { verdict, limitBytes, recommendedLimitBytes, upperBoundBytes, mappedBytes, peak } = memory;
  if (verdict !== 'does-not-fit' || limitBytes === null || recommendedLimitBytes === null) return [];
  const parts = `${size(upperBoundBytes)} that cannot be given back, ${size(mappedBytes)} of mapped files and room to turn them over`;
  const over = size(recommendedLimitBytes - limitBytes);
  const basis = memory.basis === 'probe' ? ' (as measured)' : '';
  return [
    {
      message: `the container wants ${size(recommendedLimitBytes)}${basis}, ${over} over its budget of ${size(limitBytes)}: ${parts}${peakOf(memory)}`,
      mend: mendFor(memory),
      ...(peak?.node && { location: { graph: peak.node.graph, node: peak.node.name } }),
    },
  ];
}

function peakOf({ peak, unreclaimableBytes }: MemoryReport): string {
  if (peak === null || unreclaimableBytes === null) return '';
  const where =
    peak.phase === 'create'
      ? 'while it is loaded'
      : peak.node
        ? `at ${peak.node.operator}`
        : 'while the answers are copied';
  return `; the peak is ${where}, at some ${size(unreclaimableBytes)}`;
}

function mendFor({ remedies, limitBytes, recommendedLimitBytes, largestBatch }: MemoryReport): string {
  const fitting = remedies.filter((remedy) => remedy.recommendedLimitBytes <= (limitBytes ?? 0));
  const named = (fitting.length > 0 ? fitting : remedies).slice(0, REMEDIES).map(remedyOf);
  const raise = `raise budget.memory to ${wholeMebibytes(recommendedLimitBytes ?? 0)}`;
  const batch = largestBatch?.buckets[0]?.largest;
  const bound = batch ? [`bound ${largestBatch?.dimension} to ${batch}, which is the most that fits`] : [];
  const ways = [...bound, ...named, raise];
  const sentence = ways.join('; ');
  return `${sentence.slice(0, 1).toUpperCase()}${sentence.slice(1)}.`;
}

function remedyOf({ text, recommendedLimitBytes }: MemoryRemedy): string {
  return `${text} (${size(recommendedLimitBytes)})`;
}

/** As plimsoll.yaml takes it. */
function wholeMebibytes(bytes: number): string {
  return `${Math.ceil(bytes / 2 ** 20)}MiB`;
}

function size(bytes: number | null): string {
  return bytes === null ? 'an unknown amount' : formatByteSize(Math.round(bytes));
}
