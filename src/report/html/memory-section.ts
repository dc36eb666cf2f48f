import { formatByteSize } from '../../nouns/byte-size.ts';
import type { MemoryReport } from '../../nouns/memory-report.ts';
import {
  BREAKDOWN_WORDS,
  boundsText,
  bytesOrUnknown,
  largestBatchText,
  peakText,
  remedyText,
  speedText,
  unknownLines,
  VERDICT_WORDS,
} from '../memory-words.ts';
import { barList } from './bar-list.ts';
import { html, type Markup, type Piece } from './markup.ts';
import { chartLegend, memoryChart } from './memory-chart.ts';
import { runTable } from './run-table.ts';

const WIDE = { kind: 'wide', width: 1040, height: 400, bars: 400 } as const;
const NARROW = { kind: 'narrow', width: 420, height: 340, bars: 90 } as const;
/** Live tensors that are shown; the rest is small beside them. */
const TENSORS = 12;
/** Ways to take less that are shown: the best ones. */
const REMEDIES = 6;

export function memorySection(memory: MemoryReport | null, why: string | null): Markup {
  if (memory === null) return section(html`<p>${why ?? 'No plan was made.'}</p>`);
  return section(html`${unknown(memory)}
${numbers(memory)}
${picture(memory)}
<div class="columns">${breakdown(memory)}${liveTensors(memory)}</div>
${profiles(memory)}
<div class="columns">${batches(memory)}${remedies(memory)}</div>
${probe(memory)}`);
}

function section(content: Markup): Markup {
  return html`<section aria-labelledby="memory"><h2 id="memory">Memory</h2>${content}</section>`;
}

function unknown(memory: MemoryReport): Piece {
  const lines = unknownLines(memory);
  return (
    lines.length > 0 &&
    html`<p>No plan can be made, and none is guessed:</p><ul>${lines.map((line) => html`<li>${line}</li>`)}</ul>`
  );
}

function numbers(memory: MemoryReport): Markup {
  const { limitBytes, profile, bounds } = memory;
  const figures: readonly (readonly [string, string, string])[] = [
    ['Limit', limitBytes === null ? 'none set' : formatByteSize(limitBytes), 'budget.memory'],
    ['Recommended limit', bytesOrUnknown(memory.recommendedLimitBytes), 'at which nothing slows down'],
    ['Upper bound', bytesOrUnknown(memory.upperBoundBytes), 'of what cannot be given back'],
    ['Expected peak', bytesOrUnknown(memory.unreclaimableBytes), peakText(memory) ?? ''],
    ['Mapped files', bytesOrUnknown(memory.mappedBytes), 'weights and code, read again when needed'],
  ];
  const settings = [`profile ${profile}`, boundsText(bounds), memory.workers > 1 ? `${memory.workers} workers` : ''];
  return html`<dl class="figures">${figures.map(
    ([name, value, note]) => html`<div><dt>${name}</dt><dd>${value}<small>${note}</small></dd></div>`,
  )}</dl><p class="quiet">Planned for ${settings.filter(Boolean).join('; ')}.</p>`;
}

function picture(memory: MemoryReport): Piece {
  const wide = memoryChart(memory, WIDE);
  if (wide === null) return null;
  return html`<figure><figcaption><h3>Over the run of the graph</h3></figcaption>
<div class="picture" data-left="102" data-right="16">${wide}${memoryChart(memory, NARROW)}</div>
<p class="reading" aria-live="polite"></p>
${chartLegend()}
${runTable(memory)}</figure>`;
}

function breakdown({ breakdown: parts, peak }: MemoryReport): Piece {
  if (parts === null) return null;
  const rows = Object.entries(parts)
    .filter(([, bytes]) => bytes > 0)
    .map(([key, bytes]) => ({
      label: BREAKDOWN_WORDS[key as keyof typeof parts],
      value: formatByteSize(Math.round(bytes)),
      amount: bytes,
    }));
  const where = peak?.phase === 'create' ? 'while the model is loaded' : 'at the peak of a run';
  return barList(rows, { caption: `What it is made of, ${where}`, columns: ['part', 'size'] });
}

function liveTensors({ peak }: MemoryReport): Piece {
  if (peak === null || peak.liveTensors.length === 0) return null;
  const shown = peak.liveTensors.slice(0, TENSORS);
  const rows = shown.map(({ name, bytes }) => ({ label: name, value: formatByteSize(bytes), amount: bytes }));
  return barList(rows, { caption: 'Which tensors live at the peak', columns: ['tensor', 'size'] });
}

function profiles(memory: MemoryReport): Piece {
  const { profiles: list, profile: chosen, speed } = memory;
  if (list.length === 0) return null;
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Profiles"><table><caption>Profiles</caption>
<thead><tr><th scope="col">profile</th><th scope="col">verdict</th><th scope="col" class="number">recommended limit</th><th scope="col" class="number">upper bound</th><th scope="col" class="number">mapped files</th>${speed === null ? null : html`<th scope="col" class="number">time, default options = 1</th>`}</tr></thead>
<tbody>${list.map(
    (row) =>
      html`<tr${row.profile === chosen ? html` class="chosen"` : null}><th scope="row">${row.profile}${row.profile === chosen ? ' (used)' : ''}</th><td>${VERDICT_WORDS[row.verdict]}</td><td class="number">${bytesOrUnknown(row.recommendedLimitBytes)}</td><td class="number">${bytesOrUnknown(row.upperBoundBytes)}</td><td class="number">${bytesOrUnknown(row.mappedBytes)}</td>${speed === null ? null : html`<td class="number">${speedText(memory, row.profile) ?? 'not known'}</td>`}</tr>\n`,
  )}</tbody></table></div>`;
}

function batches({ largestBatch }: MemoryReport): Piece {
  if (largestBatch === null) return null;
  const { dimension, limitBytes, buckets } = largestBatch;
  return html`<table><caption>Largest ${dimension} that fits ${formatByteSize(limitBytes)}</caption>
<thead><tr><th scope="col">other dimensions</th><th scope="col" class="number">${dimension}</th></tr></thead>
<tbody>${buckets.map(
    ({ bounds, largest }) =>
      html`<tr><th scope="row">${boundsText(bounds) || 'as they are'}</th><td class="number">${largestBatchText(largest)}</td></tr>\n`,
  )}</tbody></table>`;
}

function remedies({ remedies: list }: MemoryReport): Piece {
  if (list.length === 0) return null;
  return html`<div><h3>Ways to take less</h3><ul>${list.slice(0, REMEDIES).map((remedy) => html`<li>${remedyText(remedy)}</li>`)}</ul></div>`;
}

function probe({ probe: measured }: MemoryReport): Piece {
  if (measured === null) return null;
  const { place, limitBytes, unreclaimableBytes, plannedBytes, agrees } = measured;
  const where = place === 'container' ? 'a real container' : 'a memory cgroup';
  const beside = plannedBytes === null ? '' : `; the plan says ${formatByteSize(plannedBytes)}`;
  return html`<p class="${agrees === false ? 'over' : 'quiet'}">Measured in ${where} ${limitBytes === null ? '' : `under ${formatByteSize(limitBytes)}`}: ${formatByteSize(unreclaimableBytes)} at the most${beside}${agrees === false ? ', which is wrong: the larger number counts' : ''}.</p>`;
}
