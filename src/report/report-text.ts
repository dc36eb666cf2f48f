import { formatByteSize } from '../nouns/byte-size.ts';
import type { Severity } from '../nouns/finding.ts';
import type { Report } from '../nouns/report.ts';
import { breakLines } from './break-lines.ts';
import { renderFindings } from './findings-text.ts';
import { memorySections } from './memory-text.ts';
import { type PageOptions, renderPage } from './text-page.ts';

/** A report as a person reads it on a terminal: the findings, the memory, then lines that sum up. */
export function renderText(report: Report, options: PageOptions): string {
  const { findings, suppressed, model, sizes, verdict, runtime } = report;
  const counts = (['error', 'warning', 'note'] as const).map((severity) => count(findings, severity)).filter(Boolean);
  if (suppressed.length > 0) counts.push(`${suppressed.length} suppressed`);
  const opsets = Object.entries(model.opsets).map(([domain, version]) => `${domain} ${version}`);
  const memory = report.memory === null ? '' : `${renderPage(memorySections(report.memory), options)}\n`;
  return [
    `${renderFindings(findings, options)}\n`,
    memory,
    breakLines(`${model.path}: ${model.nodes} nodes, ${formatByteSize(sizes.modelBytes)}, ${opsets.join(', ')}`, {
      columns: options.screenColumns,
      indent: '',
    }),
    `${verdict}: ${counts.join(', ') || 'no findings'}${runtime.asked ? `; onnxruntime ${runtime.onnxruntime} was asked` : '; by the file alone'}\n`,
  ].join('');
}

function count(findings: Report['findings'], severity: Severity): string {
  const found = findings.filter((finding) => finding.severity === severity).length;
  return found === 0 ? '' : `${found} ${severity}${found === 1 ? '' : 's'}`;
}
