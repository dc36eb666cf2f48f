import type { MemoryMoment } from '../../nouns/memory-facts.ts';
import type { MemoryReport } from '../../nouns/memory-report.ts';

/** One bar of the picture: a node, or the largest of several in a row where there are more nodes than room. */
export interface RunBar {
  /** Place of the first node in the run, from 1. */
  readonly place: number;
  readonly nodes: number;
  readonly name: string;
  readonly operator: string;
  readonly activationBytes: number;
  readonly outputBytes: number;
  readonly scratchBytes: number;
  readonly bytes: number;
}

/** What is held from the first node to the last, and what each node adds. */
export interface RunBars {
  readonly heldBytes: number;
  readonly bars: readonly RunBar[];
}

/** The run of a graph in at most so many bars; none where no plan is known. */
export function runBars(memory: MemoryReport, most: number): RunBars | null {
  const { runPeakBytes, moments } = memory;
  if (runPeakBytes === null || moments.length === 0) return null;
  const all = [...moments, ...copyingMoment(memory)];
  const largest = all.reduce((peak, moment) => Math.max(peak, moment.bytes), 0);
  const perBar = Math.ceil(all.length / most);
  const bars: RunBar[] = [];
  for (let from = 0; from < all.length; from += perBar) {
    const several = all.slice(from, from + perBar);
    const moment = several.reduce((a, b) => (b.bytes > a.bytes ? b : a));
    bars.push({ ...moment, name: moment.node, place: from + 1, nodes: several.length });
  }
  return { heldBytes: Math.max(0, runPeakBytes - largest), bars };
}

/** Where the peak is no node's: the answers are there twice while they are copied. */
function copyingMoment({ peak, breakdown }: MemoryReport): readonly MemoryMoment[] {
  if (peak?.phase !== 'run' || peak.node !== null || breakdown === null) return [];
  const bytes = 2 * breakdown.outputs;
  return [
    { node: '', operator: 'copying of the answers', bytes, activationBytes: 0, outputBytes: bytes, scratchBytes: 0 },
  ];
}
