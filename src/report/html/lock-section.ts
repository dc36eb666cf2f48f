import { formatByteSize } from '../../nouns/byte-size.ts';
import type { LockSummary, Report } from '../../nouns/report.ts';
import { barList } from './bar-list.ts';
import { html, type Markup, type Piece } from './markup.ts';

/** What the image is made of: its layers by size, and what the lock names. */
export function lockSection({ lock }: Report): Piece {
  if (lock === null) return null;
  const platforms = [...new Set(lock.layers.map(({ platform }) => platform))];
  return html`<section aria-labelledby="image"><h2 id="image">Image</h2>
<div class="columns">${platforms.map((platform) => layers(lock, platform))}</div>
${parts(lock)}</section>`;
}

function layers({ layers: all }: LockSummary, platform: string): Markup {
  const own = all.filter((layer) => layer.platform === platform).sort((a, b) => b.bytes - a.bytes);
  const sum = own.reduce((total, { bytes }) => total + bytes, 0);
  const bars = own.map(({ name, bytes }) => ({ label: name, value: formatByteSize(bytes), amount: bytes }));
  const caption = `Layers for ${platform}, ${formatByteSize(sum)} as pulled`;
  return barList(bars, { caption, columns: ['layer', 'size'] });
}

function parts({ parts: list, seal, profile }: LockSummary): Markup {
  const rows = [...list.map(({ name, version }) => [name, version]), ['profile', profile], ['seal', seal]];
  return html`<table class="facts"><caption>Lock</caption><tbody>${rows.map(
    ([name = '', value = '']) => html`<tr><th scope="row">${name}</th><td><code>${value}</code></td></tr>\n`,
  )}</tbody></table>`;
}
