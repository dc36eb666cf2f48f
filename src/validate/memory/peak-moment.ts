import type { Moment } from './moments.ts';
import type { SimulatedRun } from './simulate-run.ts';

/** The most that a run holds, and the node that it is owed to. */
export interface PeakMoment {
  readonly moment: Moment;
  /** With what earlier runs left in the heap. */
  readonly bytes: number;
  readonly leftBytes: number;
  readonly owedTo: Moment;
  readonly owedToPlace: number;
}

/**
 * In later runs the block of intermediate values stays as large as it once was, so that the peak comes with the last small output:
 * what it is owed to is then the node at which the block got its size, unless more is alive at the other. `null` for a graph without nodes.
 */
export function peakMoment(run: Pick<SimulatedRun, 'first' | 'later' | 'heapBytes'>): PeakMoment | null {
  const [first, later] = [run.first.largest(), run.later.largest()];
  if (first === null || later === null) return null;
  const { heapBytes } = run;
  if (first.bytes >= later.bytes + heapBytes)
    return { ...first, leftBytes: 0, owedTo: first.moment, owedToPlace: first.place };
  const grownAt = run.later.activationBytes.indexOf(later.moment.activationBytes);
  const isGrown = run.first.bytesAt(grownAt) >= run.first.bytesAt(later.place);
  const owedToPlace = isGrown ? grownAt : later.place;
  const left = { bytes: later.bytes + heapBytes, leftBytes: heapBytes };
  return { ...later, ...left, owedTo: run.later.at(owedToPlace), owedToPlace };
}
