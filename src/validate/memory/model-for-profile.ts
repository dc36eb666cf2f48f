import type { Model } from '../../onnx/model.ts';
import type { Profile } from '../runtime/session-options.ts';
import { withHeldFilters, withoutHeldFilters } from './held-filters.ts';
import { memoryVerdict } from './memory-verdict.ts';
import { type PlanOptions, planMemory } from './plan-memory.ts';

export interface LimitedPlan extends PlanOptions {
  /** The container's limit; `null` where none is declared. */
  readonly limitBytes: number | null;
}

/** The model that would ship for a profile, of one that ships for `options.profile`: `lean` holds filters where these fit the limit. */
export function modelForProfile(to: Profile, options: LimitedPlan): Model {
  const { model, profile, limitBytes } = options;
  if (to === 'fast') return withoutHeldFilters(model);
  if (profile === 'lean') return model;
  const held = withHeldFilters(model);
  if (held === model || limitBytes === null) return held;
  return memoryVerdict(planMemory({ ...options, profile: to, model: held }), limitBytes) === 'fits' ? held : model;
}
