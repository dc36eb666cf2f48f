import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import type { Report, Verdict } from '../../nouns/report.ts';
import { memorySentence } from '../memory-words.ts';
import { findingsSection } from './findings-section.ts';
import { html, Markup } from './markup.ts';
import { memorySection } from './memory-section.ts';
import { modelSection } from './model-section.ts';
import { READER } from './reader-script.ts';
import { STYLE } from './style.ts';

/**
 * A report as one page that needs nothing else: no network, no file beside it. It prints, follows the reader's light or dark, and
 * says in tables what it draws.
 */
export function renderHtml(report: Report): string {
  const name = basename(report.model.path);
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="color-scheme" content="light dark">
<title>${name}: ${report.verdict} – ${report.tool.name}</title>
<style>${new Markup(STYLE)}</style>
</head>
<body>
<header>
<p class="verdict ${report.verdict}">${VERDICTS[report.verdict]}</p>
<h1>${name}</h1>
<p class="lead">${sentence(report)}</p>
</header>
<main>
${memorySection(report.memory, whyNoPlan(report))}
${findingsSection(report)}
${modelSection(report)}
</main>
<footer><p>${report.tool.name} ${report.tool.version}; ${report.model.path}</p></footer>
<script>${new Markup(READER)}</script>
</body>
</html>
`.text;
}

/** Nothing is fetched, and no script runs but our own: whatever a name in the model tries. */
const POLICY = [
  "default-src 'none'",
  "style-src 'unsafe-inline'",
  `script-src 'sha256-${createHash('sha256').update(READER).digest('base64')}'`,
].join('; ');

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
