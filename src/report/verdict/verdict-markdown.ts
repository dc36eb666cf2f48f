import type { ImageVerdict, VerdictFailure } from '../../nouns/verdict.ts';
import { markdownCode, markdownTable, markdownText } from '../markdown-text.ts';
import {
  estimateText,
  loadText,
  numberText,
  placeSentence,
  smallestText,
  thresholdText,
  worstText,
} from './verdict-words.ts';

const SIGNS: Readonly<Record<ImageVerdict['checks'][number]['outcome'], string>> = {
  pass: '✅',
  fail: '❌',
  inconclusive: '❓',
  skipped: '➖',
};

/** Failures that stand open; a comment that is longer is not read. */
const SHOWN = 10;

/** A verdict as a comment on a change. */
export function renderVerdictMarkdown(verdict: ImageVerdict): string {
  const { model, image, tool, failures } = verdict;
  return [
    `### ${SIGNS[verdict.verdict]} ${markdownCode(model.name)}: ${verdict.verdict}\n`,
    `${markdownText(placeSentence(verdict))}${image.digest === null ? '' : ` ${markdownCode(image.digest)}`}\n`,
    ...(failures.length === 0 ? [] : [failureTable(failures.slice(0, SHOWN))]),
    ...(failures.length > SHOWN ? [`${failures.length - SHOWN} more failures are in the kept verdict.\n`] : []),
    markdownTable(
      ['', 'check', 'asked', ''],
      verdict.checks.map(({ name, outcome, count, note }) => [
        SIGNS[outcome],
        markdownText(name),
        String(count),
        markdownText(note),
      ]),
    ),
    ...metricPart(verdict),
    ...(verdict.load.length === 0
      ? []
      : [
          markdownTable(
            ['', 'budget', 'measured'],
            verdict.load.map((load) => [SIGNS[load.outcome], load.budget, markdownText(loadText(load))]),
          ),
        ]),
    `<sub>${markdownText(tool.name)} ${markdownText(tool.version)}</sub>\n`,
  ].join('\n');
}

function failureTable(failures: readonly VerdictFailure[]): string {
  const rows = failures.map((failure) => [
    `**${failure.owner}**${failure.responsible === null ? '' : `<br>${markdownText(failure.responsible)}`}`,
    markdownText(`${failure.check}: ${failure.what}${failure.cause === null ? '' : `, ${failure.cause}`}`),
    [failure.message, failure.missing === null ? '' : `Missing: ${failure.missing}.`, failure.mend]
      .filter(Boolean)
      .map(markdownText)
      .join('<br>'),
    markdownText(smallestText(failure) ?? ''),
  ]);
  return markdownTable(['owner', 'what', 'found, and mend', 'shown by'], rows);
}

function metricPart({ metrics }: ImageVerdict): readonly string[] {
  if (metrics.length === 0) return [];
  const rows = metrics.map((metric) => [
    SIGNS[metric.outcome],
    markdownText(metric.metric),
    markdownText(estimateText(metric.overall)),
    markdownText(thresholdText(metric)),
    metric.released === null ? '' : markdownText(numberText(metric.released.value)),
    markdownText(worstText(metric)),
  ]);
  return [markdownTable(['', 'metric', 'value (95 %)', 'wanted', 'released', 'worst slice'], rows)];
}
