import type { Model } from '../../onnx/model.ts';
import type { Profile } from '../runtime/session-options.ts';
import { boundedShapes, symbolicShapes } from './bounded-shapes.ts';
import { loading } from './held-filters.ts';
import { processorOf } from './processor.ts';
import { simulateRun } from './simulate-run.ts';
import { Unknowns } from './unknowns.ts';

export interface WithoutDeclaredShapes {
  readonly model: Model;
  /** What one run holds at its peak, as the plan predicts it: with the declarations, and without. */
  readonly declaredBytes: number;
  readonly bytes: number;
}

/** Less than this is within what pages and the plan round away. */
const LEAST_GAIN_BYTES = 64 * 2 ** 10;

/**
 * The model without what its file declares of intermediate values, where the runtime then needs less memory to run it at the bounds.
 * Values whose dimensions it knows to be alike take each other's buffers, and one that layer after layer takes is held to the last of
 * them, also while something else is at its peak: it may need twice as much as where it makes buffers and frees them. What is
 * declared decides nothing else. `null` where nothing is won, or where the plan does not know what the graph needs.
 */
export function withoutDeclaredShapes(
  model: Model,
  { bounds, profile }: { readonly bounds: ReadonlyMap<string, number>; readonly profile: Profile },
): WithoutDeclaredShapes | null {
  if (model.graph.valueInfos.length === 0) return null;
  const bare: Model = { ...model, graph: { ...model.graph, valueInfos: [] } };
  const [declaredBytes, bytes] = [model, bare].map((one) => peakBytes(one, { bounds, profile })) as [Peak, Peak];
  if (declaredBytes === null || bytes === null || declaredBytes - bytes < LEAST_GAIN_BYTES) return null;
  return { model: bare, declaredBytes, bytes };
}

/** In bytes; `null` where something is not known. */
type Peak = number | null;

function peakBytes(model: Model, { bounds, profile }: Parameters<typeof withoutDeclaredShapes>[1]): Peak {
  const unknowns = new Unknowns();
  const settings = { ...SETTINGS, ...loading(profile, model) };
  const shapes = { shaped: boundedShapes(model, bounds), symbolic: symbolicShapes(model) };
  const run = simulateRun({ ...shapes, settings, unknowns });
  if (!unknowns.isEmpty) return null;
  return Math.max(...[run.first, run.later].map((moments) => moments.largest()?.bytes ?? 0));
}

/** Not those of a calibration, nor of the machine at hand: what ships goes into the lock, and must outlast both. */
const SETTINGS = { threads: 2, processor: processorOf('x86-64 AVX2') };
