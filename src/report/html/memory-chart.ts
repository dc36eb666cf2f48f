import { formatByteSize } from '../../nouns/byte-size.ts';
import type { MemoryReport } from '../../nouns/memory-report.ts';
import { byteTicks } from './byte-ticks.ts';
import { html, type Markup, type Piece } from './markup.ts';
import { type RunBar, runBars } from './run-bars.ts';

export interface ChartSize {
  readonly kind: 'wide' | 'narrow';
  readonly width: number;
  readonly height: number;
  /** More would be thinner than a line. */
  readonly bars: number;
}

const MARGIN = { left: 64, right: 16, top: 34, bottom: 40 };
/** What loading takes stands by itself, before the run. */
const LOAD_WIDTH = 26;
const LOAD_GAP = 12;
const TICKS = 6;
/** A limit that is higher than this many times what is needed is told beside the picture: drawn to scale it would hide the rest. */
const HIGHEST_LIMIT = 1.8;

const SERIES = [
  { key: 'mapped', label: 'mapped files: weights and code, which can be read again' },
  { key: 'held', label: 'held throughout: runtime, graph, weights in memory, inputs' },
  { key: 'activations', label: 'intermediate values, in one block that stays as far as it was written' },
  { key: 'outputs', label: 'outputs' },
  { key: 'scratch', label: 'scratch of kernels' },
] as const;
type SeriesKey = (typeof SERIES)[number]['key'];

/** Memory over the run of the graph, with the limit as a line; `null` where no plan is known. */
export function memoryChart(memory: MemoryReport, size: ChartSize): Markup | null {
  const run = runBars(memory, size.bars);
  const { createPeakBytes, runPeakBytes, mappedBytes, recommendedLimitBytes } = memory;
  if (run === null || createPeakBytes === null || runPeakBytes === null) return null;
  const mapped = mappedBytes ?? 0;
  const needed = Math.max(recommendedLimitBytes ?? 0, mapped + Math.max(createPeakBytes, runPeakBytes));
  const limit = memory.limitBytes;
  const isLimitShown = limit !== null && limit <= needed * HIGHEST_LIMIT;
  const scale = scaleFor(Math.max(needed, isLimitShown ? limit : 0) * 1.06, size);
  const places = barPlaces(run.bars.length, size);
  const columns: readonly Column[] = [
    loadColumn(mapped, createPeakBytes),
    ...run.bars.map((bar, index) => runColumn(bar, { mapped, held: run.heldBytes, ...places(index) })),
  ];
  const peak = peakOf(run.bars);
  return html`<svg class="chart ${size.kind}" viewBox="0 0 ${size.width} ${size.height}" role="img" aria-hidden="true" focusable="false">
${gridLines(scale, size)}
${SERIES.map(({ key }) => html`<path class="series-${key}" d="${pathOf(columns, { key, scale })}"/>`)}
<g class="cursor" hidden><rect y="${MARGIN.top}" height="${size.height - MARGIN.top - MARGIN.bottom}"/></g>
${axisLabels(run.bars, { size, moments: memory.moments.length })}
${recommendedLimitBytes === null ? null : levelLine({ kind: 'recommended', label: 'recommended limit', bytes: recommendedLimitBytes, scale, size, isBelow: isLimitShown && Math.abs(limit - recommendedLimitBytes) < needed * 0.08 && recommendedLimitBytes <= limit })}
${isLimitShown ? levelLine({ kind: 'limit', label: 'limit', bytes: limit, scale, size, isBelow: recommendedLimitBytes !== null && limit < recommendedLimitBytes && recommendedLimitBytes - limit < needed * 0.08 }) : null}
${limit !== null && !isLimitShown ? beyond(limit, size) : null}
${peak === null ? null : peakMark(peak, { column: columns[peak.index + 1], scale, size })}
</svg>`;
}

/** What the colours stand for. */
export function chartLegend(): Markup {
  return html`<ul class="legend">${SERIES.map(({ key, label }) => html`<li><span class="swatch series-${key}"></span>${label}</li>`)}</ul>`;
}

interface Column {
  readonly x: number;
  readonly width: number;
  readonly stack: Readonly<Record<SeriesKey, number>>;
}

function loadColumn(mapped: number, createPeakBytes: number): Column {
  const stack = { mapped, held: createPeakBytes, activations: 0, outputs: 0, scratch: 0 };
  return { x: MARGIN.left, width: LOAD_WIDTH, stack };
}

function runColumn(
  bar: RunBar,
  { mapped, held, x, width }: { mapped: number; held: number; x: number; width: number },
): Column {
  const { activationBytes: activations, outputBytes: outputs, scratchBytes: scratch } = bar;
  return { x, width, stack: { mapped, held, activations, outputs, scratch } };
}

function barPlaces(count: number, { width }: ChartSize): (index: number) => { x: number; width: number } {
  const left = MARGIN.left + LOAD_WIDTH + LOAD_GAP;
  const step = (width - MARGIN.right - left) / count;
  const gap = step > 6 ? Math.min(12, step * 0.15) : 0;
  const drawn = step - gap;
  return (index) => ({ x: left + index * step, width: drawn });
}

type Scale = (bytes: number) => number;

interface Axis {
  readonly most: number;
  readonly y: Scale;
}

function scaleFor(most: number, { height }: ChartSize): Axis {
  const room = height - MARGIN.top - MARGIN.bottom;
  return { most, y: (bytes) => height - MARGIN.bottom - (bytes / most) * room };
}

/** Each column of a series as a rectangle, all in one path. */
function pathOf(columns: readonly Column[], { key, scale }: { key: SeriesKey; scale: Axis }): string {
  const below = SERIES.slice(
    0,
    SERIES.findIndex((series) => series.key === key),
  );
  return columns
    .map(({ x, width, stack }) => {
      if (stack[key] === 0) return '';
      const floor = below.reduce((sum, series) => sum + stack[series.key], 0);
      const [top, bottom] = [scale.y(floor + stack[key]), scale.y(floor)];
      return `M${round(x)} ${round(bottom)}V${round(top)}h${round(width)}V${round(bottom)}z`;
    })
    .join('');
}

function gridLines(scale: Axis, { width }: ChartSize): Piece {
  return byteTicks(scale.most, TICKS).map(({ bytes, label }) => {
    const y = round(scale.y(bytes));
    return html`<line class="grid" x1="${MARGIN.left}" x2="${width - MARGIN.right}" y1="${y}" y2="${y}"/><text class="tick" x="${MARGIN.left - 8}" y="${y + 4}" text-anchor="end">${label}</text>`;
  });
}

function axisLabels(bars: readonly RunBar[], { size, moments }: { size: ChartSize; moments: number }): Piece {
  const y = size.height - MARGIN.bottom + 16;
  const left = MARGIN.left + LOAD_WIDTH + LOAD_GAP;
  const middle = (left + size.width - MARGIN.right) / 2;
  const perBar = bars[0]?.nodes ?? 1;
  const each = perBar === 1 ? 'nodes' : size.kind === 'wide' ? `nodes, each bar the most of ${perBar}` : 'nodes';
  return html`<text class="tick" x="${MARGIN.left + LOAD_WIDTH / 2}" y="${y}" text-anchor="middle">load</text>
<text class="tick" x="${left}" y="${y}">1</text>
<text class="tick" x="${size.width - MARGIN.right}" y="${y}" text-anchor="end">${moments}</text>
<text class="tick" x="${middle}" y="${y + 16}" text-anchor="middle">${each}, in the order in which they run</text>`;
}

interface Level {
  readonly kind: 'limit' | 'recommended';
  readonly label: string;
  readonly bytes: number;
  readonly scale: Axis;
  readonly size: ChartSize;
  /** Under its line, where another one is close above. */
  readonly isBelow: boolean;
}

/** The limit is drawn as the mark on a ship's side: a ring with the line through it. */
function levelLine({ kind, label, bytes, scale, size, isBelow }: Level): Markup {
  const y = round(scale.y(bytes));
  const right = size.width - MARGIN.right;
  const ring = kind === 'limit' ? html`<circle cx="${MARGIN.left + 13}" cy="${y}" r="7"/>` : null;
  return html`<g class="level ${kind}"><line x1="${MARGIN.left}" x2="${right}" y1="${y}" y2="${y}"/>${ring}<text x="${right}" y="${isBelow ? y + 15 : y - 6}" text-anchor="end">${label} ${formatByteSize(bytes)}</text></g>`;
}

function beyond(limit: number, { width }: ChartSize): Markup {
  return html`<g class="level limit"><text x="${width - MARGIN.right}" y="14" text-anchor="end">limit ${formatByteSize(limit)}, far above this picture ↑</text></g>`;
}

function peakOf(bars: readonly RunBar[]): (RunBar & { readonly index: number }) | null {
  let most: (RunBar & { readonly index: number }) | null = null;
  for (const [index, bar] of bars.entries()) if (most === null || bar.bytes > most.bytes) most = { ...bar, index };
  return most;
}

function peakMark(
  bar: RunBar,
  { column, scale, size }: { column: Column | undefined; scale: Axis; size: ChartSize },
): Markup | null {
  if (!column) return null;
  const total = Object.values(column.stack).reduce((sum, bytes) => sum + bytes, 0);
  const x = column.x + column.width / 2;
  const y = scale.y(total);
  const anchor = x < size.width * 0.3 ? 'start' : x > size.width * 0.7 ? 'end' : 'middle';
  const title = cut(bar.name === '' ? bar.operator : `${bar.operator} ${bar.name}`, size.kind === 'wide' ? 48 : 24);
  return html`<g class="peak"><circle cx="${round(x)}" cy="${round(y)}" r="3.5"/><text x="${round(x)}" y="${round(y - 8)}" text-anchor="${anchor}">${title}</text></g>`;
}

function cut(text: string, letters: number): string {
  return text.length <= letters
    ? text
    : `${text.slice(0, Math.ceil(letters / 2) - 1)}…${text.slice(-Math.floor(letters / 2))}`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
