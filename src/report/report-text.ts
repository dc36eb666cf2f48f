import { formatByteSize } from '../nouns/byte-size.ts';
import type { Severity } from '../nouns/finding.ts';
import type { Report } from '../nouns/report.ts';
import { renderFindings, type TextOptions } from './findings-text.ts';

/** A report as a person reads it on a terminal: the findings, then one line that sums up. */
export function renderReport(report: Report, options: TextOptions): string {
  const { findings, suppressed, model, sizes, verdict, runtime } = report;
  const counts = (['error', 'warning', 'note'] as const).map((severity) => count(findings, severity)).filter(Boolean);
  if (suppressed.length > 0) counts.push(`${suppressed.length} suppressed`);
  const opsets = Object.entries(model.opsets).map(([domain, version]) => `${domain} ${version}`);
  return [
    renderFindings(findings, options),
    `${model.path}: ${model.nodes} nodes, ${formatByteSize(sizes.modelBytes)}, ${opsets.join(', ')}`,
    `${verdict}: ${counts.join(', ') || 'no findings'}${runtime.asked ? `; onnxruntime ${runtime.onnxruntime} was asked` : '; by the file alone'}`,
  ].join('\n');
}

function count(findings: Report['findings'], severity: Severity): string {
  const found = findings.filter((finding) => finding.severity === severity).length;
  return found === 0 ? '' : `${found} ${severity}${found === 1 ? '' : 's'}`;
}
