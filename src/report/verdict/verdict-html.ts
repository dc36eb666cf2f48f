import type { ImageVerdict, VerdictFailure, VerdictMetric } from '../../nouns/verdict.ts';
import { htmlPage } from '../html/html-page.ts';
import { html, type Markup, type Piece } from '../html/markup.ts';
import {
  estimateText,
  loadText,
  numberText,
  OWNER_WORDS,
  ownerText,
  placeSentence,
  smallestText,
  thresholdText,
  worstText,
} from './verdict-words.ts';

type Outcome = ImageVerdict['checks'][number]['outcome'];

const WORDS: Readonly<Record<Outcome, string>> = {
  pass: '✓ pass',
  fail: '✕ fail',
  inconclusive: '? inconclusive',
  skipped: '– skipped',
};

/** A verdict as one page that needs nothing else. */
export function renderVerdictHtml(verdict: ImageVerdict): string {
  const { model, image } = verdict;
  return htmlPage({
    title: `${model.name}: ${verdict.verdict}`,
    header: html`<p class="verdict ${verdict.verdict}">${WORDS[verdict.verdict]}</p>
<h1>${model.name}</h1>
<p class="lead">${placeSentence(verdict)}</p>`,
    main: verdictSection(verdict),
    foot: image.digest ?? image.name,
  });
}

/** All of a verdict below its heading. */
function verdictSection(verdict: ImageVerdict): Markup {
  return html`${failuresPart(verdict)}
<section aria-labelledby="checks"><h2 id="checks">Checks</h2>
${table(
  ['', 'check', 'asked', 'how'],
  verdict.checks.map(({ name, outcome, count, note }) => [outcomeCell(outcome), name, count, note]),
)}</section>
<section aria-labelledby="tolerances"><h2 id="tolerances">Tolerances</h2>
${table(
  ['output', 'type', 'held to', 'by'],
  verdict.tolerances.map(({ output, datatype, rule, from }) => [output, datatype, rule, from]),
)}</section>
${metricsPart(verdict)}
${loadPart(verdict)}`;
}

function failuresPart({ failures }: ImageVerdict): Markup {
  const found =
    failures.length === 0 ? html`<p>None.</p>` : html`<ol class="findings">${failures.map(failureCard)}</ol>`;
  return html`<section aria-labelledby="failures"><h2 id="failures">Failures</h2>\n${found}</section>`;
}

function failureCard(failure: VerdictFailure): Markup {
  const { owner, check, what, cause, message, evidence, missing, mend, smallest } = failure;
  const tone = owner === 'inconclusive' ? 'warning' : 'error';
  const shown = smallestText(failure);
  return html`<li class="${tone}"><p class="head"><span class="mark" aria-hidden="true">${owner === 'inconclusive' ? '?' : '✕'}</span> <strong>${ownerText(failure)}</strong> <code>${check}: ${what}</code>${cause !== null && html` <span class="place">${cause}</span>`}</p>
<p class="quiet">${OWNER_WORDS[owner]}</p>
<p class="message">${message}</p>${missing !== null && html`<p>Missing: ${missing}.</p>`}<p class="mend">${mend}</p>
${evidence.length > 0 && html`<details><summary>Evidence</summary><ul>${evidence.map((line) => html`<li>${line}</li>`)}</ul></details>`}
${shown !== null && html`<p>Shown by <code>${shown}</code>${smallest?.file != null && html`, beside the verdict: <code>${smallest.file}</code>`}</p>`}</li>\n`;
}

function metricsPart({ metrics }: ImageVerdict): Piece {
  if (metrics.length === 0) return null;
  const rows = metrics.map((metric): readonly Piece[] => [
    outcomeCell(metric.outcome),
    metric.metric,
    estimateText(metric.overall),
    thresholdText(metric),
    metric.released === null ? '' : numberText(metric.released.value),
    worstText(metric),
  ]);
  return html`<section aria-labelledby="metrics"><h2 id="metrics">Metrics</h2>
<p class="quiet">With 95 % intervals by bootstrap over the labelled rows.</p>
${table(['', 'metric', 'value', 'wanted', 'released', 'worst slice'], rows)}
${metrics.filter(({ slices }) => slices.length > 0).map(slicesPart)}</section>`;
}

function slicesPart({ metric, slices }: VerdictMetric): Markup {
  const rows = slices.map((slice): readonly Piece[] => [
    `${slice.column} = ${slice.value_of_column}`,
    slice.rows,
    estimateText(slice),
  ]);
  return html`<details><summary>${metric} by slice</summary>${table(['slice', 'rows', 'value'], rows)}</details>\n`;
}

function loadPart({ load }: ImageVerdict): Piece {
  if (load.length === 0) return null;
  return html`<section aria-labelledby="load"><h2 id="load">Load</h2>
${table(
  ['', 'budget', 'measured'],
  load.map((one) => [outcomeCell(one.outcome), one.budget, loadText(one)]),
)}</section>`;
}

function outcomeCell(outcome: Outcome): Markup {
  return html`<span class="${outcome === 'skipped' ? 'quiet' : outcome}">${WORDS[outcome]}</span>`;
}

function table(head: readonly string[], rows: readonly (readonly Piece[])[]): Markup {
  const headings = head.map((title) => (title === '' ? html`<td></td>` : html`<th scope="col">${title}</th>`));
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${head.filter(Boolean).join(', ')}"><table>
<thead><tr>${headings}</tr></thead>
<tbody>${rows.map((row) => html`<tr>${row.map((cell) => html`<td>${cell}</td>`)}</tr>\n`)}</tbody></table></div>`;
}
