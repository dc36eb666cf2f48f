import type { Json } from '../nouns/canonical-json.ts';
import { type Config, casesFolder, DEFAULT_MAX_BODY_BYTES } from '../nouns/config.ts';
import type { Model } from '../onnx/model.ts';
import { mayLieInBlocks } from '../validate/memory/blocked-layout.ts';
import { holdsFilters } from '../validate/memory/held-filters.ts';
import { isWithinBudget, type LimitedPlan } from '../validate/memory/is-within-budget.ts';
import type { OrderFor } from '../validate/runtime/order-prepared.ts';
import type { Profile } from '../validate/runtime/session-options.ts';
import type { Prepared } from './prepared-project.ts';

/** What a project's memory is planned with, less the profile. */
export function planOptions(config: Config, model: Model): Omit<LimitedPlan, 'profile'> {
  return {
    model,
    bounds: new Map(Object.entries(config.bounds)),
    // What the server takes from every client; the largest of its transports.
    transport: 'json',
    bodyBytes: config.serve.maxBody ?? DEFAULT_MAX_BODY_BYTES,
    // As the server warms up: on the first case, where there is one.
    firstRun: casesFolder(config) === undefined ? 'made-up' : 'example',
    workers: config.serve.concurrency,
    limitBytes: config.budget.memory ?? null,
  };
}

/** What a graph is made ready for: the profile where it is settled without a plan, else what will settle it. */
export function wantedForm(config: Config): Omit<OrderFor, 'bounds'> {
  const { profile } = config.serve;
  if (config.budget.memory === undefined) return { profile: profile === 'auto' ? 'fast' : profile };
  return {
    profile: profile === 'auto' ? (model) => settleProfile(config, { model, form: 'prepared' }) : profile,
    mayHold: (model) => isWithinBudget({ ...planOptions(config, model), profile: 'lean' }),
  };
}

/**
 * What of a configuration decides about the graph in which a model ships, beside the bounds: nothing where all profiles run the same
 * nodes. Plain JSON, under which a cache keeps what ships.
 */
export function formFacts(config: Config, model: Model): Json {
  if (![model.graph, ...model.functions].some(mayLieInBlocks)) return null;
  const { profile } = config.serve;
  if (profile === 'fast') return profile;
  const { limitBytes, workers = null, bodyBytes } = planOptions(config, model);
  return limitBytes === null ? (profile === 'auto' ? 'fast' : profile) : { profile, limitBytes, workers, bodyBytes };
}

/**
 * How a project's model is to be loaded: as the configuration says, or else the fastest way that is planned to fit the memory
 * budget. Where a budget is set and nothing can be planned, the way that takes least.
 */
export function settleProfile(config: Config, { model, form }: Pick<Prepared, 'model' | 'form'>): Profile {
  const { profile } = config.serve;
  if (profile !== 'auto') return profile;
  const options = planOptions(config, model);
  if (options.limitBytes === null) return 'fast';
  if (form === 'original' || holdsFilters(model)) return 'lean';
  return isWithinBudget({ ...options, profile: 'fast' }) ? 'fast' : 'lean';
}
