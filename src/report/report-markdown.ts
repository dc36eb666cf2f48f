import { basename } from 'node:path';
import { formatByteSize } from '../nouns/byte-size.ts';
import type { Finding } from '../nouns/finding.ts';
import type { MemoryReport } from '../nouns/memory-report.ts';
import type { Report, Verdict } from '../nouns/report.ts';
import { placeOf } from './findings-text.ts';
import {
  boundsText,
  bytesOrUnknown,
  largestBatchText,
  memorySentence,
  peakText,
  remedyText,
  VERDICT_WORDS,
} from './memory-words.ts';
import { printable } from './printable.ts';

const SIGNS: Readonly<Record<Verdict, string>> = { pass: '✅', fail: '❌', inconclusive: '❓' };

/** Findings that stand open; a comment that is longer is not read. */
const SHOWN = 20;
const REMEDIES = 4;

/** A report as a comment on a change. */
export function renderMarkdown(report: Report): string {
  const { verdict, model, tool } = report;
  return [
    `### ${SIGNS[verdict]} ${inline(basename(model.path))}: ${verdict}\n`,
    ...memoryPart(report.memory),
    ...findingsPart(report),
    `<sub>${text(tool.name)} ${text(tool.version)}</sub>\n`,
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
  ]);
  return [
    `${memorySentence(memory)}${where === null ? '' : ` The peak is ${text(where)}.`}${probeText(memory)}\n`,
    table(['profile', 'verdict', 'recommended limit', 'upper bound', 'mapped files'], rows),
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
    text(boundsText(bounds) || 'as they are'),
    largestBatchText(largest),
  ]);
  return [table(['other dimensions', `largest ${text(dimension)} in ${formatByteSize(limitBytes)}`], rows)];
}

function remedyPart({ remedies, verdict }: MemoryReport): readonly string[] {
  if (remedies.length === 0 || verdict === 'fits' || verdict === 'no-budget') return [];
  return [
    `Ways to take less:\n\n${remedies
      .slice(0, REMEDIES)
      .map((remedy) => `- ${text(remedyText(remedy))}`)
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
    inline(rule),
    `${text(message)}${placeOf(location) === '' ? '' : ` (${text(placeOf(location))})`}<br>${text(mend)}`,
  ]);
  return table(['', 'rule', 'finding and mend'], rows);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return `${[line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')}\n`;
}

/** Names come from files that anybody may have made: nothing in them is markup, a mention or a link. */
function text(raw: string): string {
  return printable(raw)
    .replace(/[\\`*_{}[\]()#+!|<>~@&$^-]/g, (character) =>
      SAFE.has(character) ? character : `&#${character.charCodeAt(0)};`,
    )
    .replace(/:\/\//g, '&#58;//');
}

/** Marks that mean nothing inside a line, and that readers of the raw text are used to. */
const SAFE = new Set(['(', ')', '-', '+', '!', '#']);

function inline(raw: string): string {
  const clean = printable(raw).replaceAll('|', '\\|');
  const fence = clean.includes('`') ? '``' : '`';
  return `${fence}${fence.length > 1 ? ' ' : ''}${clean}${fence.length > 1 ? ' ' : ''}${fence}`;
}
