import { basename } from 'node:path';
import type { Difference } from '../../nouns/difference.ts';
import { htmlPage } from '../html/html-page.ts';
import { html, type Markup } from '../html/markup.ts';
import { type Cell, grouped, type Section } from '../text-page.ts';
import { differenceSections, differenceTitle } from './difference-sections.ts';
import type { DifferenceNames } from './render-difference.ts';

/** A comparison as one page that needs nothing else. */
export function renderDifferenceHtml(difference: Difference, names: DifferenceNames): string {
  const title = `${basename(names.old)} → ${basename(names.new)}`;
  return htmlPage({
    title,
    header: html`<p class="verdict ${toneOf(difference)}">${differenceTitle(difference)}</p>
<h1>${title}</h1>`,
    main: html`${differenceSections(difference).map(sectionOf)}`,
    foot: `${names.old} → ${names.new}`,
  });
}

function toneOf(difference: Difference): string {
  if (difference.kind === 'report' || difference.kind === 'verdict') return difference.verdict.to;
  return difference.same ? 'pass' : difference.breaking ? 'fail' : 'inconclusive';
}

function sectionOf({ title, detail, columns = [], rows, footer }: Section, index: number): Markup {
  const id = `part-${index + 1}`;
  return html`<section aria-labelledby="${id}"><h2 id="${id}">${title}</h2>
${detail === undefined ? null : html`<p>${detail}</p>`}
${rows.length > 0 && tableOf(title, columns, rows)}${footer === undefined ? null : html`<p class="quiet">${footer}</p>`}</section>
`;
}

function tableOf(title: string, columns: readonly string[], rows: Section['rows']): Markup {
  const width = Math.max(columns.length, ...rows.map((row) => row.length));
  const places = Array.from({ length: width }, (_, place) => place);
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${title}"><table>
${columns.length > 0 && html`<thead><tr>${places.map((place) => (columns[place] ? html`<th scope="col">${columns[place]}</th>` : html`<td></td>`))}</tr></thead>`}
<tbody>${rows.map((row) => html`<tr>${places.map((place) => cellOf(row[place] ?? ''))}</tr>\n`)}</tbody></table></div>`;
}

function cellOf(cell: Cell): Markup {
  if (typeof cell === 'number') return html`<td>${grouped(cell)}</td>`;
  return typeof cell === 'string' ? html`<td>${cell}</td>` : html`<td class="${cell.style}">${cell.text}</td>`;
}
