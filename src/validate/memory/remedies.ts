import type { MemoryRemedy } from '../../nouns/memory-facts.ts';
import type { Model } from '../../onnx/model.ts';
import type { Profile } from '../runtime/session-options.ts';
import type { LimitedPlan } from './is-within-budget.ts';
import type { KnownPlan } from './memory-plan.ts';
import { modelForProfile } from './model-for-profile.ts';
import { type PlanOptions, planMemory } from './plan-memory.ts';
import { quantizeLargest } from './quantize-layer.ts';
import { type Layer, mostHeldBytes } from './replace-layer.ts';
import { splitLargest } from './split-layer.ts';

/** Share of the recommended limit below which a change is not worth naming. */
export const SMALLEST_SAVING = 0.01;

/** The cheapest ways to less memory, each planned by itself; the one that saves most first. Empty where the plan is unknown. */
export function remedies(options: LimitedPlan): readonly MemoryRemedy[] {
  const now = planMemory(options);
  if (now.state === 'unknown') return [];
  return candidates(options, now)
    .flatMap(({ kind, change, text, changed }) => {
      const plan = planMemory({ ...options, ...changed });
      if (plan.state === 'unknown') return [];
      const { upperBoundBytes, recommendedLimitBytes } = plan;
      const savedBytes = now.recommendedLimitBytes - recommendedLimitBytes;
      return savedBytes > 0 ? [{ kind, change, text, upperBoundBytes, recommendedLimitBytes, savedBytes }] : [];
    })
    .sort((a, b) => b.savedBytes - a.savedBytes);
}

interface Candidate extends Pick<MemoryRemedy, 'kind' | 'change' | 'text'> {
  readonly changed: Partial<PlanOptions>;
}

function candidates(options: LimitedPlan, now: KnownPlan): readonly Candidate[] {
  return [
    ...profileOf(options),
    ...boundsOf(options),
    ...workersOf(options),
    ...queueOf(options),
    ...transportOf(options),
    ...layersOf(options, now),
  ];
}

function profileOf(options: LimitedPlan): readonly Candidate[] {
  const { profile: from } = options;
  const to: Profile = from === 'lean' ? 'fast' : 'lean';
  const changed = { profile: to, model: modelForProfile(to, options) };
  const change = { name: 'profile', from, to };
  return [{ kind: 'profile', change, text: `serve with profile ${to}`, changed }];
}

function boundsOf({ bounds }: PlanOptions): readonly Candidate[] {
  return [...bounds]
    .filter(([, bound]) => bound > 1)
    .map(([name, from]) => {
      const to = Math.floor(from / 2);
      const changed = { bounds: new Map([...bounds, [name, to]]) };
      return { kind: 'bound', change: { name, from, to }, text: `bound ${name} to ${to}`, changed };
    });
}

function workersOf({ workers: from = 1 }: PlanOptions): readonly Candidate[] {
  if (from <= 1) return [];
  const to = from - 1;
  return [
    {
      kind: 'workers',
      change: { name: 'workers', from, to },
      text: `serve with ${to} workers`,
      changed: { workers: to },
    },
  ];
}

function queueOf({ queue: from = 0 }: PlanOptions): readonly Candidate[] {
  if (from === 0) return [];
  const to = Math.floor(from / 2);
  return [
    { kind: 'queue', change: { name: 'queue', from, to }, text: `let ${to} requests wait`, changed: { queue: to } },
  ];
}

function transportOf({ transport }: PlanOptions): readonly Candidate[] {
  if (transport !== 'json') return [];
  const change = { name: 'transport', from: 'json', to: 'binary' };
  return [
    { kind: 'transport', change, text: 'send tensors as bytes instead of JSON', changed: { transport: 'binary' } },
  ];
}

/** The weight that costs most, in smaller pieces or in 8 bits: a plan of another graph each, made where it may save enough. */
function layersOf({ model, profile }: PlanOptions, now: KnownPlan): readonly Candidate[] {
  const found: Candidate[] = [];
  const add = (kind: 'split' | 'quantize', layer: ChangedLayer | null) => {
    if (!layer) return;
    const { node, from, to, text } = layer;
    const isAtPeak = now.peak.node?.name === node;
    if (!isAtPeak && mostHeldBytes(layer.replaced, model) < SMALLEST_SAVING * now.recommendedLimitBytes) return;
    found.push({ kind, change: { name: node, from, to }, text, changed: { model: layer.model } });
  };
  if (profile === 'fast') add('split', splitLargest(model));
  add('quantize', quantizeLargest(model));
  return found;
}

/** A model with one layer changed, as a plan needs it: sizes are right, and there are no weights behind them. */
export interface ChangedLayer {
  readonly model: Model;
  readonly replaced: Layer;
  readonly node: string;
  readonly from: string;
  readonly to: string;
  readonly text: string;
}
