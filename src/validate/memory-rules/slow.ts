import { formatByteSize } from '../../nouns/byte-size.ts';
import type { MemoryReport } from '../../nouns/memory-report.ts';
import type { RuleDescription, Violation } from '../rules/rule.ts';

export const rule: RuleDescription = {
  id: 'memory/slow',
  severity: 'warning',
  title: 'The limit leaves room for the files that are mapped',
  explanation:
    'Weights and code that are mapped from files can be given back, so nothing is killed; but every run reads them again from the disk. Measured, a run then takes several times as long.',
  mend: 'Raise `budget.memory` to the recommended limit.',
  source: 'Measured in containers below the recommended limit; docs/memory.md.',
};

export function slowMemory({
  verdict,
  limitBytes,
  recommendedLimitBytes,
  mappedBytes,
}: MemoryReport): readonly Violation[] {
  if (verdict !== 'fits-slow' || limitBytes === null || recommendedLimitBytes === null) return [];
  const recommended = formatByteSize(recommendedLimitBytes);
  return [
    {
      message: `${formatByteSize(limitBytes)} are enough to live and too few to be fast: ${formatByteSize(mappedBytes ?? 0)} of mapped files do not stay in memory below ${recommended}`,
      mend: `Raise budget.memory to ${Math.ceil(recommendedLimitBytes / 2 ** 20)}MiB, or accept that files are read again and again.`,
    },
  ];
}
