import { formatByteSize } from '../../nouns/byte-size.ts';
import type { MemoryReport } from '../../nouns/memory-report.ts';
import { html, type Markup } from './markup.ts';
import { type RunBar, runBars } from './run-bars.ts';

/** Nobody reads more rows than this, and a page with them all would weigh megabytes. */
const ROWS = 200;

/** The picture as numbers, folded away: for readers who do not see it, and for looking things up. */
export function runTable(memory: MemoryReport): Markup | null {
  const run = runBars(memory, ROWS);
  if (run === null) return null;
  return html`<details><summary>The picture as a table</summary>
<p class="quiet">Held throughout, beside what is listed here: ${formatByteSize(Math.round(run.heldBytes))}, and mapped files.</p>
<div class="scroll tall" tabindex="0" role="region" aria-label="Memory by node"><table>
<thead><tr><th scope="col" class="number">node</th><th scope="col">operator</th><th scope="col">name</th><th scope="col" class="number">intermediate values</th><th scope="col" class="number">outputs</th><th scope="col" class="number">scratch</th><th scope="col" class="number">sum</th></tr></thead>
<tbody>${run.bars.map(row)}</tbody></table></div></details>`;
}

function row({ place, nodes, operator, name, activationBytes, outputBytes, scratchBytes, bytes }: RunBar): Markup {
  const places = nodes === 1 ? `${place}` : `${place}–${place + nodes - 1}`;
  return html`<tr><td class="number">${places}</td><th scope="row">${operator}</th><td>${name}</td><td class="number">${formatByteSize(activationBytes)}</td><td class="number">${formatByteSize(outputBytes)}</td><td class="number">${formatByteSize(scratchBytes)}</td><td class="number">${formatByteSize(bytes)}</td></tr>\n`;
}
