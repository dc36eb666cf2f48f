import type { Model } from '../../onnx/model.ts';
import type { Profile } from '../runtime/session-options.ts';
import { withHeldFilters, withoutHeldFilters } from './held-filters.ts';
import { isWithinBudget, type LimitedPlan } from './is-within-budget.ts';

/** The model that would ship for a profile, of one that ships for `options.profile`: `lean` holds filters where these fit the limit. */
export function modelForProfile(to: Profile, options: LimitedPlan): Model {
  const { model, profile, limitBytes } = options;
  if (to === 'fast') return withoutHeldFilters(model);
  if (profile === 'lean') return model;
  const held = withHeldFilters(model);
  if (held === model || limitBytes === null) return held;
  return isWithinBudget({ ...options, profile: to, model: held }) ? held : model;
}
