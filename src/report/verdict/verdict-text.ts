import type { ImageVerdict, VerdictFailure } from '../../nouns/verdict.ts';
import { type Cell, type PageOptions, renderPage, type Section, type Style } from '../text-page.ts';
import {
  estimateText,
  loadText,
  ownerText,
  placeSentence,
  smallestText,
  thresholdText,
  worstText,
} from './verdict-words.ts';

type Outcome = ImageVerdict['checks'][number]['outcome'];

const MARKS: Readonly<Record<Outcome, string>> = { pass: '✓', fail: '✕', inconclusive: '?', skipped: '–' };
const STYLES: Readonly<Record<Outcome, Style>> = { pass: 'green', fail: 'red', inconclusive: 'yellow', skipped: 'dim' };

/** A verdict on a terminal: the failures first, then what was asked; less than a screen when all is well. */
export function renderVerdictText(verdict: ImageVerdict, options: PageOptions): string {
  const sections = [
    ...verdict.failures.map(failureSection),
    headSection(verdict),
    { title: 'checks', rows: verdict.checks.map(checkRow), flexible: 3, isWrapped: true },
    {
      title: 'tolerances',
      rows: verdict.tolerances.map(({ output, datatype, rule, from }) => [output, datatype, rule, from]),
    },
    ...metricSections(verdict),
    ...(verdict.load.length === 0
      ? []
      : [{ title: 'load', rows: verdict.load.map(loadRow), flexible: 2, isWrapped: true }]),
  ];
  return `${renderPage(sections, options)}${lastLine(verdict, options)}\n`;
}

function headSection(verdict: ImageVerdict): Section {
  const { image, model } = verdict;
  return {
    title: `${model.name} ${model.version}`,
    rows: [
      ['image', image.name],
      ...(image.digest === null ? [] : [['digest', image.digest]]),
      ['ran', placeSentence(verdict)],
    ],
    flexible: 1,
    isWrapped: true,
  };
}

function checkRow({ name, outcome, count, note }: ImageVerdict['checks'][number]): readonly Cell[] {
  return [{ text: MARKS[outcome], style: STYLES[outcome] }, name, count, note];
}

function failureSection(failure: VerdictFailure): Section {
  const shown = smallestText(failure);
  return {
    title: `${failure.owner === 'inconclusive' ? 'inconclusive' : `failure of ${ownerText(failure)}`}`,
    detail: `${failure.check}: ${failure.what}${failure.cause === null ? '' : `, ${failure.cause}`}`,
    rows: [
      ['found', failure.message],
      ...failure.evidence.map((line): [string, string] => ['evidence', line]),
      ...(failure.missing === null ? [] : [['missing', failure.missing]]),
      ['mend', failure.mend],
      ...(shown === null ? [] : [['shown by', shown]]),
    ],
    flexible: 1,
    isWrapped: true,
  };
}

function metricSections({ metrics }: ImageVerdict): readonly Section[] {
  if (metrics.length === 0) return [];
  const rows = metrics.flatMap((metric): readonly (readonly Cell[])[] => {
    const wanted = thresholdText(metric);
    const found = `${estimateText(metric.overall)}${wanted === '' ? '' : `, wanted ${wanted}`}`;
    const worst = worstText(metric);
    return [
      [{ text: MARKS[metric.outcome], style: STYLES[metric.outcome] }, metric.metric, found],
      ...(worst === '' ? [] : [['', '', `worst slice ${worst}`]]),
    ];
  });
  return [{ title: 'metrics', detail: 'with 95 % intervals by bootstrap', rows, flexible: 2, isWrapped: true }];
}

function loadRow(load: ImageVerdict['load'][number]): readonly Cell[] {
  return [{ text: MARKS[load.outcome], style: STYLES[load.outcome] }, load.budget, loadText(load)];
}

function lastLine({ verdict, failures }: ImageVerdict, { colour }: PageOptions): string {
  const count = (owner: VerdictFailure['owner']) => failures.filter((failure) => failure.owner === owner).length;
  const counts = (['system', 'numeric', 'statistical', 'inconclusive'] as const)
    .filter((owner) => count(owner) > 0)
    .map((owner) => `${count(owner)} ${owner}`);
  const word = colour
    ? `\u001B[${verdict === 'pass' ? 32 : verdict === 'fail' ? 31 : 33}m${verdict}\u001B[0m`
    : verdict;
  return `${word}: ${counts.join(', ') || 'every check passed'}`;
}
