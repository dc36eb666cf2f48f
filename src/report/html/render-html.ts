import { basename } from 'node:path';
import type { Report, Verdict } from '../../nouns/report.ts';
import { memorySentence } from '../memory-words.ts';
import { findingsSection } from './findings-section.ts';
import { htmlPage } from './html-page.ts';
import { lockSection } from './lock-section.ts';
import { html } from './markup.ts';
import { memorySection } from './memory-section.ts';
import { modelSection } from './model-section.ts';
import { READER } from './reader-script.ts';

/**
 * A report as one page that needs nothing else: no network, no file beside it. It prints, follows the reader's light or dark, and
 * says in tables what it draws.
 */
export function renderHtml(report: Report): string {
  const name = basename(report.model.path);
  return htmlPage({
    title: `${name}: ${report.verdict}`,
    header: html`<p class="verdict ${report.verdict}">${VERDICTS[report.verdict]}</p>
<h1>${name}</h1>
<p class="lead">${sentence(report)}</p>`,
    main: html`${memorySection(report.memory, whyNoPlan(report))}
${findingsSection(report)}
${modelSection(report)}
${lockSection(report)}`,
    foot: report.model.path,
    script: READER,
  });
}

const VERDICTS: Readonly<Record<Verdict, string>> = { pass: '✓ pass', fail: '✕ fail', inconclusive: '? inconclusive' };

function sentence({ memory, findings }: Report): string {
  const count = (severity: string) => findings.filter((finding) => finding.severity === severity).length;
  const counts = ['error', 'warning', 'note']
    .map((severity) => [severity, count(severity)] as const)
    .filter(([, number]) => number > 0)
    .map(([severity, number]) => `${number} ${severity}${number === 1 ? '' : 's'}`);
  const found = counts.length === 0 ? 'No findings.' : `${counts.join(', ')}.`;
  return memory === null ? found : `${memorySentence(memory)} ${found}`;
}

function whyNoPlan({ findings }: Report): string | null {
  const finding = findings.find(({ rule }) => rule === 'memory/not-planned');
  return finding ? `${finding.message}. ${finding.mend}` : null;
}
