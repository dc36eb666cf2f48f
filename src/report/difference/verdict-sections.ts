import type { MetricChange, VerdictDifference } from '../../nouns/difference.ts';
import type { VerdictFailure } from '../../nouns/verdict.ts';
import type { Cell, Section } from '../text-page.ts';
import { estimateText, numberText, ownerText } from '../verdict/verdict-words.ts';
import { factSection } from './fact-section.ts';

/** From one verdict to another, what matters first. */
export function verdictSections({ metrics, figures, failures }: VerdictDifference): readonly Section[] {
  const sections = [
    failureSection('New failures', failures.added),
    failureSection('Failures that are gone', failures.gone),
    metricSection(metrics),
    factSection('Verified', figures),
  ];
  return sections.filter((section) => section !== null);
}

function failureSection(title: string, failures: readonly VerdictFailure[]): Section | null {
  if (failures.length === 0) return null;
  return {
    title,
    columns: ['owner', 'what', 'found'],
    rows: failures.map((failure): readonly Cell[] => [ownerText(failure), failure.what, failure.message]),
    flexible: 2,
    isWrapped: true,
  };
}

function metricSection(metrics: readonly MetricChange[]): Section | null {
  if (metrics.length === 0) return null;
  return {
    title: 'Metrics',
    detail: 'with their intervals, and what the same draws of the rows moved by',
    columns: ['', 'old', '', 'new', 'change'],
    rows: metrics.map((metric): readonly Cell[] => {
      const { from, to } = metric;
      const sides = [labelOf(metric), sideText(from), '→', sideText(to)];
      const moved = movedText(metric);
      return moved === null ? sides : [...sides, moved];
    }),
  };
}

function labelOf({ metric, data, slice }: MetricChange): string {
  return `${metric} (${data}${slice === null ? '' : `, ${slice.column} ${slice.value}`})`;
}

function sideText(side: MetricChange['from']): string {
  return side === null ? 'none' : estimateText(side);
}

function movedText({ from, to, difference, better }: MetricChange): Cell | null {
  if (from === null || to === null || from.value === null || to.value === null) return null;
  const moved = to.value - from.value;
  if (moved === 0) return { text: 'same', style: 'dim' };
  const text = signed(moved);
  const interval = difference?.interval ?? null;
  if (interval === null) return text;
  const range = `${text} (${signed(interval.low)} to ${signed(interval.high)})`;
  if (interval.low <= 0 && interval.high >= 0) return { text: `${range}, may be chance`, style: 'dim' };
  const isBetter = moved > 0 === (better === 'higher');
  return { text: `${range}, ${isBetter ? 'better' : 'worse'}`, style: isBetter ? 'green' : 'red' };
}

function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${numberText(Math.abs(value))}`;
}
