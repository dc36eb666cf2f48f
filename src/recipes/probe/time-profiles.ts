import { totalmem } from 'node:os';
import { dirname } from 'node:path';
import type { SpeedFacts } from '../../nouns/speed-facts.ts';
import { encodeModel } from '../../onnx/encode-model.ts';
import type { Model } from '../../onnx/model.ts';
import { tensorsOf } from '../../validate/cases/tensor-of-case.ts';
import { holdsFilters } from '../../validate/memory/held-filters.ts';
import { modelForProfile } from '../../validate/memory/model-for-profile.ts';
import { childLimits } from '../../validate/runtime/child-limits.ts';
import { type Round, relativeSpeed } from '../../validate/runtime/relative-speed.ts';
import type { ModelSource } from '../../validate/runtime/requests.ts';
import { openRuntimeChild, type RuntimeChild } from '../../validate/runtime/runtime-child.ts';
import {
  PLANNED_ENVIRONMENT,
  type Profile,
  type SessionOptions,
  sessionOptions,
} from '../../validate/runtime/session-options.ts';
import type { TensorValues } from '../../validate/runtime/tensor-value.ts';
import { trialRun } from '../../validate/runtime/trial-run.ts';
import type { ShippedProject } from '../fit-project.ts';
import { placedModel } from '../placed-model.ts';
import { preparedOf } from '../prepared-project.ts';
import { planOptions, settleProfile } from '../settle-profile.ts';
import type { Workbench } from '../workbench.ts';

/** Long enough for a clock to tell, short enough that a machine stays in one mood for a round. */
const SLICE_MS = 40;
const MOST_ROUNDS = 9;
/** No round begins after so long. */
const PATIENCE_MS = 2000;

const WAYS = ['lean', 'fast', 'default'] as const;
type Way = (typeof WAYS)[number];

/**
 * How fast the model that ships runs under each profile, against the original under the runtime's default options: each in a process
 * of its own, in turns, on the first case or on made-up inputs. `null` where that was not to be had. For the report alone: it
 * depends on the machine and its mood.
 */
export async function timeProfiles(
  shipped: Pick<ShippedProject, 'project' | 'assayed' | 'runtime' | 'checked' | 'example'>,
  { signal, cache }: Pick<Workbench, 'signal' | 'cache'>,
): Promise<SpeedFacts | null> {
  const { runtime, checked } = shipped;
  const limits = childLimits(checked.bytes, totalmem());
  const open = (way: Way) =>
    openRuntimeChild({
      runtimeFolder: runtime.folder,
      limits,
      ...(way === 'default' && { environment: UNPLANNED_ENVIRONMENT }),
      ...(signal && { signal }),
    });
  const children = { lean: open('lean'), fast: open('fast'), default: open('default') };
  try {
    const feeds = await load(children, shipped, await placedModel(shipped.assayed, { cache }));
    return feeds && relativeSpeed(await rounds(children, feeds));
  } finally {
    await Promise.all(WAYS.map((way) => children[way].close()));
    signal?.throwIfAborted();
  }
}

/** As a process has it that nobody has planned: without the variables that the image sets. */
const UNPLANNED_ENVIRONMENT = Object.fromEntries(Object.keys(PLANNED_ENVIRONMENT).map((name) => [name, undefined]));

type Children = Readonly<Record<Way, RuntimeChild>>;

const SESSION = 'timed';

/** Loads the model each way, and finds inputs that it takes. */
async function load(
  children: Children,
  { project, assayed, example }: Pick<ShippedProject, 'project' | 'assayed' | 'example'>,
  [shippedPath = '']: readonly string[],
): Promise<TensorValues | null> {
  const shipped = preparedOf(assayed);
  const options = { ...planOptions(project.config, shipped.model), profile: settleProfile(project.config, shipped) };
  const under = (profile: Profile) => {
    const model = shipped.form === 'original' ? shipped.model : modelForProfile(profile, options);
    return {
      // The same weights, whatever of them is held.
      source: model === shipped.model ? fileAt(shippedPath) : bytesOf(model, shippedPath),
      options: sessionOptions(profile, { form: shipped.form, holdsFilters: holdsFilters(model) }),
    };
  };
  const models: Readonly<Record<Way, { readonly source: ModelSource; readonly options: SessionOptions }>> = {
    lean: under('lean'),
    fast: under('fast'),
    default: { source: fileAt(project.modelPath), options: {} },
  };
  let feeds: TensorValues | null = null;
  for (const way of WAYS) {
    const { source, options } = models[way];
    const created = await children[way].ask('create', { session: SESSION, model: source, options });
    if (created.outcome !== 'ok') return null;
    if (feeds !== null) continue;
    const trial = await trialRun(children[way], {
      session: SESSION,
      signature: created.value,
      bounds: project.config.bounds,
      ...(example && { example: tensorsOf(example) }),
    });
    if (trial.state !== 'ran') return null;
    feeds = trial.feeds;
  }
  return feeds;
}

function fileAt(path: string): ModelSource {
  return { kind: 'file', path };
}

function bytesOf(model: Model, path: string): ModelSource {
  return { kind: 'bytes', bytes: encodeModel(model), folder: dirname(path) };
}

async function rounds(children: Children, feeds: TensorValues): Promise<readonly Round[]> {
  const done: Round[] = [];
  // The first runs of a session make what later ones use again.
  for (const way of WAYS) if ((await time(children[way], feeds, 1)) === null) return [];
  const startedAt = performance.now();
  while (done.length < MOST_ROUNDS && performance.now() - startedAt < PATIENCE_MS) {
    const round: Partial<Record<Way, number>> = {};
    for (let turn = 0; turn < WAYS.length; turn++) {
      const way = WAYS[(turn + done.length) % WAYS.length] as Way;
      const took = await time(children[way], feeds, SLICE_MS);
      if (took === null) return [];
      round[way] = took;
    }
    done.push(round as Round);
  }
  return done;
}

async function time(child: RuntimeChild, feeds: TensorValues, forMs: number): Promise<number | null> {
  const timed = await child.ask('time', { session: SESSION, feeds, forMs });
  return timed.outcome === 'ok' ? timed.value.runMs : null;
}
