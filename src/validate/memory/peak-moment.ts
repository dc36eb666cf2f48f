import { largestMoment, type Moment, momentBytes, type SimulatedRun } from './simulate-run.ts';

/** The most that a run holds, and the node that it is owed to. */
export interface PeakMoment {
  readonly moment: Moment;
  readonly bytes: number;
  readonly owedTo: Moment;
  readonly owedToPlace: number;
}

/**
 * In later runs the block of intermediate values stays as large as it once was, so that the peak comes with the last small output:
 * what it is owed to is then the node at which the block got its size, unless more is alive at the other. `null` for a graph without nodes.
 */
export function peakMoment(run: SimulatedRun): PeakMoment | null {
  const [first, later] = [largestMoment(run.first), largestMoment(run.later)];
  if (first === null || later === null) return null;
  if (first.bytes >= later.bytes) return { ...first, owedTo: first.moment, owedToPlace: first.place };
  const grownAt = run.later.findIndex(({ activationBytes }) => activationBytes === later.moment.activationBytes);
  const [grown, last] = [run.first[grownAt], run.first[later.place]];
  const isGrown = grown !== undefined && last !== undefined && momentBytes(grown) >= momentBytes(last);
  const owedToPlace = isGrown ? grownAt : later.place;
  return { ...later, owedTo: run.later[owedToPlace] ?? later.moment, owedToPlace };
}
