import { basename } from 'node:path';
import { formatByteSize } from '../nouns/byte-size.ts';
import type { Finding } from '../nouns/finding.ts';
import type { MemoryReport } from '../nouns/memory-report.ts';
import type { Report, Verdict } from '../nouns/report.ts';
import { placeOf } from './findings-text.ts';
import { markdownCode, markdownTable, markdownText } from './markdown-text.ts';
import {
  boundsText,
  bytesOrUnknown,
  largestBatchText,
  memorySentence,
  peakText,
  remedyText,
  speedText,
  VERDICT_WORDS,
} from './memory-words.ts';

const SIGNS: Readonly<Record<Verdict, string>> = { pass: '✅', fail: '❌', inconclusive: '❓' };

/** Findings that stand open; a comment that is longer is not read. */
const SHOWN = 20;
const REMEDIES = 4;

/** A report as a comment on a change. */
export function renderMarkdown(report: Report): string {
  const { verdict, model, tool } = report;
  return [
    `### ${SIGNS[verdict]} ${markdownCode(basename(model.path))}: ${verdict}\n`,
    ...memoryPart(report.memory),
    ...findingsPart(report),
    `<sub>${markdownText(tool.name)} ${markdownText(tool.version)}</sub>\n`,
  ].join('\n');
}

function memoryPart(memory: MemoryReport | null): readonly string[] {
  if (memory === null) return [];
  const where = peakText(memory);
  const rows: readonly (readonly string[])[] = memory.profiles.map((row) => [
    row.profile === memory.profile ? `**${row.profile}**` : row.profile,
    VERDICT_WORDS[row.verdict],
    bytesOrUnknown(row.recommendedLimitBytes),
    bytesOrUnknown(row.upperBoundBytes),
    bytesOrUnknown(row.mappedBytes),
    ...(memory.speed === null ? [] : [speedText(memory, row.profile) ?? 'not known']),
  ]);
  return [
    `${memorySentence(memory)}${where === null ? '' : ` The peak is ${markdownText(where)}.`}${probeText(memory)}
`,
    markdownTable(
      [
        'profile',
        'verdict',
        'recommended limit',
        'upper bound',
        'mapped files',
        ...(memory.speed === null ? [] : ['time, default options = 1']),
      ],
      rows,
    ),
    ...batchPart(memory),
    ...remedyPart(memory),
  ];
}

function probeText({ probe }: MemoryReport): string {
  if (probe === null) return '';
  return ` Measured in a ${probe.place}: ${formatByteSize(probe.unreclaimableBytes)}.`;
}

function batchPart({ largestBatch }: MemoryReport): readonly string[] {
  if (largestBatch === null) return [];
  const { dimension, limitBytes, buckets } = largestBatch;
  const rows = buckets.map(({ bounds, largest }) => [
    markdownText(boundsText(bounds) || 'as they are'),
    largestBatchText(largest),
  ]);
  return [
    markdownTable(['other dimensions', `largest ${markdownText(dimension)} in ${formatByteSize(limitBytes)}`], rows),
  ];
}

function remedyPart({ remedies, verdict }: MemoryReport): readonly string[] {
  if (remedies.length === 0 || verdict === 'fits' || verdict === 'no-budget') return [];
  return [
    `Ways to take less:\n\n${remedies
      .slice(0, REMEDIES)
      .map((remedy) => `- ${markdownText(remedyText(remedy))}`)
      .join('\n')}\n`,
  ];
}

function findingsPart({ findings, suppressed }: Report): readonly string[] {
  if (findings.length === 0 && suppressed.length === 0) return ['No findings.\n'];
  const accepted = suppressed.length === 0 ? [] : [`${suppressed.length} more are accepted by the configuration.\n`];
  const left = findings.slice(SHOWN);
  const folded =
    left.length === 0
      ? []
      : [`<details><summary>${left.length} more findings</summary>\n\n${findingTable(left)}\n</details>\n`];
  return [findings.length === 0 ? '' : findingTable(findings.slice(0, SHOWN)), ...folded, ...accepted];
}

function findingTable(findings: readonly Finding[]): string {
  const rows = findings.map(({ rule, severity, message, mend, location }) => [
    severity,
    markdownCode(rule),
    `${markdownText(message)}${placeOf(location) === '' ? '' : ` (${markdownText(placeOf(location))})`}<br>${markdownText(mend)}`,
  ]);
  return markdownTable(['', 'rule', 'finding and mend'], rows);
}
