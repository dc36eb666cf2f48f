import type { ShapedGraph } from '../shapes/shaped-model.ts';
import { blockBytes } from './block-bytes.ts';
import type { Kernel } from './kernel.ts';
import type { Moments } from './moments.ts';
import type { SimulatedRun } from './simulate-run.ts';
import type { Unknowns } from './unknowns.ts';

interface InnerRun {
  readonly shaped: ShapedGraph;
  readonly run: SimulatedRun;
}

/**
 * What a node holds for the graphs that it runs, its own outputs not counted. Branches write into the node's outputs; a loop
 * holds the state of the last round beside that of the current one, and every round's scanned outputs until they are joined.
 */
export function controlFlowScratch(kernel: Kernel, runs: readonly InnerRun[], unknowns: Unknowns): number {
  switch (kernel.node.opType) {
    case 'Loop':
      return loopScratch(kernel, runs);
    case 'Scan':
      return largest(runs, withOutputs) + outputsOf(kernel);
    case 'If':
      return largest(runs, withoutOutputs);
    default:
      // A function of the model that the runtime did not take apart beforehand.
      if (runs.length === 0) unknowns.noteOperator(kernel.node);
      return largest(runs, withoutOutputs);
  }
}

function loopScratch(kernel: Kernel, runs: readonly InnerRun[]): number {
  const states = kernel.node.inputs.slice(2).map((_, index) => kernel.output(index).bytes);
  const scanned = kernel.node.outputs
    .slice(states.length)
    .map((_, index) => kernel.output(states.length + index).bytes);
  return [...states, ...scanned].reduce((sum, bytes) => sum + blockBytes(bytes), largest(runs, withOutputs));
}

function outputsOf(kernel: Kernel): number {
  return kernel.node.outputs.reduce((sum, _, index) => sum + blockBytes(kernel.output(index).bytes), 0);
}

function withoutOutputs(moments: Moments): number {
  return moments.largestBytesWithoutOutputs();
}

function withOutputs(moments: Moments): number {
  return moments.largest()?.bytes ?? 0;
}

function largest(runs: readonly InnerRun[], bytesOf: (moments: Moments) => number): number {
  return Math.max(0, ...runs.flatMap(({ run }) => [run.first, run.later].map(bytesOf)));
}
