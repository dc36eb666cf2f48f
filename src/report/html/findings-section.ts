import { type Finding, type Severity, sortFindings } from '../../nouns/finding.ts';
import type { Report } from '../../nouns/report.ts';
import { placeOf } from '../findings-text.ts';
import { html, type Markup, type Piece } from './markup.ts';

const MARKS: Readonly<Record<Severity, string>> = { error: '✕', warning: '!', note: 'i' };

/** What was found, the worst first, each with its mend; what is accepted stands folded below. */
export function findingsSection({ findings, suppressed }: Report): Markup {
  const sorted = sortFindings(findings);
  return html`<section aria-labelledby="findings"><h2 id="findings">Findings</h2>
${sorted.length === 0 ? html`<p>None.</p>` : html`<ol class="findings">${sorted.map((finding) => card(finding))}</ol>`}
${accepted(suppressed)}</section>`;
}

function card({ rule, severity, message, mend, location }: Finding, reason?: string): Markup {
  const place = placeOf(location);
  return html`<li class="${severity}"><p class="head"><span class="mark" aria-hidden="true">${MARKS[severity]}</span> <strong>${severity}</strong> <code>${rule}</code>${place === '' ? null : html` <span class="place">${place}</span>`}</p>
<p class="message">${withCode(message)}</p><p class="mend">${reason === undefined ? withCode(mend) : html`Accepted: ${reason}`}</p></li>\n`;
}

/** What stands between backticks is to be copied. */
function withCode(text: string): Piece {
  return text.split('`').map((part, index) => (index % 2 === 1 ? html`<code>${part}</code>` : part));
}

function accepted(suppressed: Report['suppressed']): Piece {
  if (suppressed.length === 0) return null;
  const title = `${suppressed.length} more that the configuration accepts`;
  return html`<details><summary>${title}</summary><ol class="findings">${suppressed.map(({ finding, reason }) => card(finding, reason))}</ol></details>`;
}
