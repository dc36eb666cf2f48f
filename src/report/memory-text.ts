import { formatByteSize } from '../nouns/byte-size.ts';
import type { MemoryReport } from '../nouns/memory-report.ts';
import {
  boundsText,
  bytesOrUnknown,
  largestBatchText,
  memorySentence,
  peakText,
  remedyText,
  speedText,
  unknownLines,
  VERDICT_WORDS,
} from './memory-words.ts';
import type { Cell, Section, Style } from './text-page.ts';

/** Tensors at the peak that a screen shows; the JSON has more. */
const TENSORS = 3;
const REMEDIES = 4;

const STYLES: Readonly<Record<MemoryReport['verdict'], Style>> = {
  fits: 'green',
  'fits-slow': 'yellow',
  'does-not-fit': 'red',
  unknown: 'yellow',
  'no-budget': 'dim',
};

/** The memory of a model on a screen: what to set, where the peak is, and what could be changed. */
export function memorySections(memory: MemoryReport): readonly Section[] {
  if (memory.recommendedLimitBytes === null) return [unknown(memory)];
  const known = memory.profiles.some(({ recommendedLimitBytes }) => recommendedLimitBytes !== null);
  return [
    summary(memory),
    ...(known ? [profiles(memory)] : []),
    ...speeds(memory),
    ...batches(memory),
    ...remedies(memory),
  ];
}

function unknown(memory: MemoryReport): Section {
  const rows = unknownLines(memory).map((line) => [line]);
  return { title: 'Memory', detail: memorySentence(memory), rows, isWrapped: true };
}

function summary(memory: MemoryReport): Section {
  const { verdict, limitBytes, bounds, profile, probe } = memory;
  const rows: (readonly [string, Cell])[] = [
    ['verdict', { text: VERDICT_WORDS[verdict], style: STYLES[verdict] }],
    ['limit', limitBytes === null ? 'none set (budget.memory)' : formatByteSize(limitBytes)],
    ['recommended', bytesOrUnknown(memory.recommendedLimitBytes)],
    [
      'cannot be given back',
      `${bytesOrUnknown(memory.unreclaimableBytes)}, at most ${bytesOrUnknown(memory.upperBoundBytes)}`,
    ],
    ['mapped files', bytesOrUnknown(memory.mappedBytes)],
    ['peak', peakLine(memory)],
    ['planned for', `profile ${profile}${Object.keys(bounds).length === 0 ? '' : `, ${boundsText(bounds)}`}`],
  ];
  if (probe !== null) {
    const beside = probe.agrees === false ? ', and the plan is wrong' : '';
    rows.push(['measured', `${formatByteSize(probe.unreclaimableBytes)} in a ${probe.place}${beside}`]);
  }
  return { title: 'Memory', detail: memorySentence(memory), rows, flexible: 1, isWrapped: true };
}

function peakLine(memory: MemoryReport): string {
  const where = peakText(memory);
  if (where === null) return 'not known';
  const tensors = memory.peak?.liveTensors.slice(0, TENSORS) ?? [];
  const named = tensors.map(({ name, bytes }) => `${name} ${formatByteSize(bytes)}`);
  return named.length === 0 ? where : `${where}: ${named.join(', ')}`;
}

function profiles({ profiles: list, profile: chosen }: MemoryReport): Section {
  return {
    title: 'Profiles',
    rows: list.map(({ profile, verdict, recommendedLimitBytes, upperBoundBytes }) => [
      profile === chosen ? { text: profile, style: 'bold' } : profile,
      VERDICT_WORDS[verdict],
      `${bytesOrUnknown(recommendedLimitBytes)} recommended`,
      `${bytesOrUnknown(upperBoundBytes)} cannot be given back`,
    ]),
    flexible: 3,
  };
}

function speeds(memory: MemoryReport): readonly Section[] {
  if (memory.speed === null) return [];
  const rows = memory.speed.profiles.map(({ profile }) => [profile, speedText(memory, profile) ?? 'not known']);
  return [{ title: 'Time of a run, default options = 1', rows, flexible: 1 }];
}

function batches({ largestBatch }: MemoryReport): readonly Section[] {
  if (largestBatch === null) return [];
  const { dimension, buckets } = largestBatch;
  return [
    {
      title: `Largest ${dimension} that fits`,
      rows: buckets.map(({ bounds, largest }) => [largestBatchText(largest), boundsText(bounds)]),
      flexible: 1,
    },
  ];
}

function remedies({ remedies: list }: MemoryReport): readonly Section[] {
  if (list.length === 0) return [];
  return [
    {
      title: 'Ways to take less',
      rows: list.slice(0, REMEDIES).map((remedy) => [remedyText(remedy)]),
      isWrapped: true,
    },
  ];
}
