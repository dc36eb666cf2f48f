import { type Config, DEFAULT_MAX_BODY_BYTES } from '../nouns/config.ts';
import type { Model } from '../onnx/model.ts';
import { chooseProfile, type FactsOptions } from '../validate/memory/memory-facts.ts';
import type { Profile } from '../validate/runtime/session-options.ts';
import type { Prepared } from './prepared-project.ts';
import { type ServingOptions, servingLimit } from './serving-limit.ts';

/** What a project's memory is planned with, less the profile. */
export function planOptions(
  config: Config,
  model: Model,
): Omit<FactsOptions, 'profile'> & Pick<ServingOptions, 'bodyBytes'> {
  return {
    model,
    bounds: new Map(Object.entries(config.bounds)),
    // What the server takes from every client; the largest of its transports.
    transport: 'json',
    bodyBytes: config.serve.maxBody ?? DEFAULT_MAX_BODY_BYTES,
    workers: config.serve.concurrency,
    limitBytes: config.budget.memory ?? null,
  };
}

/**
 * How a project's model is to be loaded: as the configuration says, or else the fastest way that is planned to fit the memory
 * budget. Where a budget is set and nothing can be planned, the way that takes least.
 */
export function settleProfile(config: Config, { model, form }: Prepared): Profile {
  const { profile } = config.serve;
  if (profile !== 'auto') return profile;
  const options = planOptions(config, model);
  if (options.limitBytes === null) return 'fast';
  if (form === 'original') return 'lean';
  const fast = { ...options, profile: 'fast' } as const;
  if (chooseProfile(fast) !== 'fast') return 'lean';
  // A limit that is kept is not enough: the server has to let a request at the bounds in.
  return (servingLimit(fast) ?? Number.POSITIVE_INFINITY) <= options.limitBytes ? 'fast' : 'lean';
}
