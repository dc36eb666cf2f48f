import { formatByteSize } from '../nouns/byte-size.ts';
import type { DynamicDimension, InputSummary, ModelSummary, PortSummary } from '../nouns/model-summary.ts';
import { type Cell, countText, grouped, type PageOptions, renderPage, type Section } from './text-page.ts';

/** Operators shown by number; whoever wants every one asks for JSON. */
const OPERATORS_SHOWN = 20;

/** A model as a person wants to see it, the most important first. */
export function renderSummary(summary: ModelSummary, options: PageOptions): string {
  const sections = [
    identity(summary),
    ports('Inputs', summary.model.inputs),
    ports('Outputs', summary.model.outputs),
    dimensions(summary.model.dynamicDimensions),
    operators(summary),
    weights(summary),
    largest(summary),
    functions(summary),
  ];
  return renderPage(
    sections.filter((section) => section !== null),
    options,
  );
}

function identity({ model }: ModelSummary): Section {
  const { path, bytes, irVersion, opsets, producer, domain, version, parameters, trainingGraphs, metadataKeys } = model;
  const rows: (readonly [string, string | null])[] = [
    ['size', `${formatByteSize(bytes)}, ${grouped(parameters)} parameters`],
    ['producer', producer],
    ['domain', domain],
    ['version', version === '0' ? null : version],
    ['format', `IR ${irVersion}, opset ${opsetText(opsets)}`],
    ['training', trainingGraphs === 0 ? null : `${countText(trainingGraphs, 'training graph')}, which no server needs`],
    ['metadata', metadataKeys.length === 0 ? null : metadataKeys.join(', ')],
  ];
  return { title: path, rows: rows.flatMap(([key, value]) => (value === null ? [] : [[key, value]])), flexible: 1 };
}

export function opsetText(opsets: Readonly<Record<string, number>>): string {
  const entries = Object.entries(opsets);
  return entries.length === 0 ? 'none' : entries.map(([domain, version]) => `${domain} ${version}`).join(', ');
}

function ports(title: string, list: readonly (PortSummary | InputSummary)[]): Section {
  return {
    title,
    detail: list.length === 0 ? 'none' : String(list.length),
    rows: list.map((port) => [
      port.name,
      port.datatype,
      shapeText(port),
      ...('optional' in port && port.optional ? [{ text: 'optional', style: 'dim' } as const] : []),
    ]),
  };
}

export function shapeText({ datatype, shape }: Pick<PortSummary, 'datatype' | 'shape'>): string {
  // Sequences, maps and optional values have no shape of their own.
  if (shape === null) return datatype.includes('(') ? '' : 'any rank';
  return shape.length === 0 ? 'scalar' : `[${shape.map((size) => size ?? '?').join(', ')}]`;
}

function dimensions(list: readonly DynamicDimension[]): Section | null {
  if (list.length === 0) return null;
  return {
    title: 'Dynamic dimensions',
    detail: String(list.length),
    rows: list.map(({ symbol, places }) => [
      symbol === null ? { text: 'unnamed', style: 'dim' } : symbol,
      places.map(({ port, axis }) => `${port}[${axis}]`).join(', '),
    ]),
    flexible: 1,
  };
}

function operators({ model, operators: facts }: ModelSummary): Section {
  const counts = Object.entries(facts.counts);
  const depth = model.subgraphDepth === 0 ? '' : `, subgraphs ${model.subgraphDepth} deep`;
  const shown = counts.slice(0, OPERATORS_SHOWN);
  const left = counts.slice(OPERATORS_SHOWN);
  const header: readonly Cell[] = ['operator', 'count', 'parameters'].map((text) => ({ text, style: 'dim' }) as const);
  const rows = shown.map(([operator, count]): readonly Cell[] => {
    const parameters = facts.parameters[operator];
    return parameters === undefined ? [operator, count] : [operator, count, parameters];
  });
  return {
    title: 'Operators',
    detail: `${countText(model.nodes, 'node')} of ${countText(counts.length, 'kind')}${depth}`,
    rows: rows.length === 0 ? [] : [header, ...rows],
    ...(left.length > 0 && {
      footer: `and ${countText(
        left.reduce((sum, [, count]) => sum + count, 0),
        'node',
      )} of ${left.length} more`,
    }),
  };
}

function weights({ weights: facts }: ModelSummary): Section | null {
  if (facts.byType.length === 0) return null;
  const places = Object.entries(facts.byStorage).filter(([, bytes]) => bytes > 0);
  return {
    title: 'Weights',
    detail: [
      formatByteSize(facts.bytes),
      ...places.map(([place, bytes]) => `${PLACES[place] ?? place} ${formatByteSize(bytes)}`),
    ].join(', '),
    rows: facts.byType.map(({ datatype, tensors, parameters, bytes }) => [
      datatype,
      countText(tensors, 'tensor'),
      parameters,
      bytes === null ? '' : formatByteSize(bytes),
    ]),
  };
}

const PLACES: Readonly<Record<string, string>> = {
  raw: 'inline',
  'typed-list': 'in typed lists',
  external: 'external',
  'attribute-list': 'in attributes',
};

function largest({ weights: facts }: ModelSummary): Section | null {
  if (facts.largest.length === 0) return null;
  return {
    title: 'Largest tensors',
    rows: facts.largest.map(({ name, graph, datatype, dims, bytes }) => [
      graph === '' ? name : `${graph}/${name}`,
      datatype,
      `[${dims.join(', ')}]`,
      bytes === null ? '' : formatByteSize(bytes),
    ]),
  };
}

function functions({ model }: ModelSummary): Section | null {
  if (model.functions.length === 0) return null;
  return {
    title: 'Functions',
    detail: String(model.functions.length),
    rows: model.functions.map(({ domain, name, overload, nodes }) => [
      `${domain}:${name}${overload === '' ? '' : `:${overload}`}`,
      countText(nodes, 'node'),
    ]),
  };
}
