import { formatByteSize } from '../../nouns/byte-size.ts';
import type { Report } from '../../nouns/report.ts';
import { opsetText, shapeText } from '../summary-text.ts';
import { grouped } from '../text-page.ts';
import { barList, type ListedBar } from './bar-list.ts';
import { html, type Markup, type Piece } from './markup.ts';

/** Operators by number that get a bar; the rest is one. */
const OPERATORS = 16;

/** Operators, sizes, and what a client sees of the model. */
export function modelSection(report: Report): Markup {
  return html`<section aria-labelledby="model"><h2 id="model">Model</h2>
<div class="columns">${operators(report)}${parameters(report)}</div>
<div class="columns">${sizes(report)}${facts(report)}</div>
${ports(report)}</section>`;
}

function operators({ operators: { counts } }: Report): Markup {
  return barList(topOf(counts, 'operators'), { caption: 'Operators by number', columns: ['operator', 'nodes'] });
}

function parameters({ operators: { parameters: list } }: Report): Piece {
  if (Object.keys(list).length === 0) return null;
  return barList(topOf(list, 'operators'), { caption: 'Parameters by operator', columns: ['operator', 'parameters'] });
}

function topOf(counts: Readonly<Record<string, number>>, noun: string): readonly ListedBar[] {
  const all = Object.entries(counts).sort(([, a], [, b]) => b - a);
  const left = all.slice(OPERATORS);
  const rest = left.reduce((sum, [, count]) => sum + count, 0);
  const shown =
    left.length === 0 ? all : [...all.slice(0, OPERATORS), [`${left.length} further ${noun}`, rest] as const];
  return shown.map(([label, amount]) => ({ label: label.replace(/^ai\.onnx:/, ''), value: grouped(amount), amount }));
}

function sizes({ sizes: { modelBytes, preparedBytes, imageBytes, budgets } }: Report): Markup {
  const rows: readonly (readonly [string, number | null, number | null])[] = [
    ['model', modelBytes, budgets.modelBytes],
    ['as it ships', preparedBytes, null],
    ...Object.entries(imageBytes ?? {}).map(
      ([platform, bytes]) => [`image for ${platform}`, bytes ?? null, budgets.imageBytes] as const,
    ),
  ];
  const bars = rows.flatMap(([label, bytes, budget]): readonly ListedBar[] => {
    if (bytes === null) return [];
    const value = budget === null ? formatByteSize(bytes) : `${formatByteSize(bytes)} of ${formatByteSize(budget)}`;
    return [{ label, value, amount: bytes, tone: budget !== null && bytes > budget ? 'over' : 'series-outputs' }];
  });
  return barList(bars, { caption: 'Sizes', columns: ['what', 'size'] });
}

function facts({ model, runtime }: Report): Markup {
  const rows: readonly (readonly [string, string])[] = [
    ['nodes', grouped(model.nodes)],
    ['parameters', grouped(model.parameters)],
    ['opset', opsetText(model.opsets)],
    ['IR version', String(model.irVersion)],
    ['producer', model.producer ?? 'not said'],
    ['digest', model.digest ?? 'not computed'],
    ['runtime', `onnxruntime ${runtime.onnxruntime}${runtime.asked ? '' : ' (not asked)'}, Node ${runtime.node}`],
    ['platforms', runtime.platforms.join(', ')],
  ];
  return html`<table class="facts"><caption>Facts</caption><tbody>${rows.map(
    ([name, value]) => html`<tr><th scope="row">${name}</th><td>${value}</td></tr>\n`,
  )}</tbody></table>`;
}

function ports({ model }: Report): Markup {
  const rows = [
    ...model.inputs.map((port) => ({ ...port, role: port.optional ? 'input, optional' : 'input' })),
    ...model.outputs.map((port) => ({ ...port, role: 'output' })),
  ];
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Inputs and outputs"><table><caption>Inputs and outputs</caption>
<thead><tr><th scope="col">name</th><th scope="col">role</th><th scope="col">type</th><th scope="col">shape</th></tr></thead>
<tbody>${rows
    .slice(0, PORTS)
    .map(
      (port) =>
        html`<tr><th scope="row">${port.name}</th><td>${port.role}</td><td>${port.datatype}</td><td>${shapeText(port)}</td></tr>\n`,
    )}</tbody></table></div>${rows.length > PORTS && html`<p class="quiet">and ${rows.length - PORTS} more</p>`}`;
}

/** A model can have any number of them. */
const PORTS = 100;
