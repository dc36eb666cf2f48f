import { html, type Markup } from './markup.ts';

export interface ListedBar {
  readonly label: string;
  /** What stands at its end. */
  readonly value: string;
  readonly amount: number;
  /** A class of the style sheet; the usual colour where left out. */
  readonly tone?: 'series-mapped' | 'series-held' | 'series-activations' | 'series-outputs' | 'series-scratch' | 'over';
}

/** Horizontal bars with their numbers: a table, so that it reads without seeing it. */
export function barList(
  bars: readonly ListedBar[],
  { caption, columns }: { caption: string; columns: readonly [string, string] },
): Markup {
  const most = bars.reduce((largest, { amount }) => Math.max(largest, amount), 0);
  return html`<table class="bars"><caption>${caption}</caption>
<thead class="unseen"><tr><th scope="col">${columns[0]}</th><th scope="col">${columns[1]}</th><th></th></tr></thead>
<tbody>${bars.map(
    ({ label, value, amount, tone = 'series-activations' }) =>
      html`<tr><th scope="row">${label}</th><td class="number">${value}</td><td class="bar" aria-hidden="true"><svg viewBox="0 0 100 10" preserveAspectRatio="none"><rect class="${tone}" width="${most === 0 ? 0 : Math.round((1000 * amount) / most) / 10}" height="10"/></svg></td></tr>\n`,
  )}</tbody></table>`;
}
