import type { Progress } from '../../nouns/progress.ts';
import { encodeModel } from '../../onnx/encode-model.ts';
import type { Verb, Verbs } from '../runtime/requests.ts';
import { type Outcome, openRuntimeChild } from '../runtime/runtime-child.ts';
import type { SessionOptions } from '../runtime/session-options.ts';
import type { KernelAnswer, KernelEntry, KernelFacts } from './kernel-facts.ts';
import { knownDomains, type OperatorSchema, operatorNames, runtimeLimits, schemaHistory } from './operator-schemas.ts';
import { askableVariables, singleNodeModel } from './single-node-model.ts';
import { askCombinations, asRows, type Combination } from './type-combinations.ts';

export interface ProbeOptions {
  readonly runtimeFolder: string;
  readonly progress: Progress;
  /** Which schemas to ask about; all that the runtime's opsets include, if not given. */
  readonly schemas?: readonly OperatorSchema[];
  readonly signal?: AbortSignal;
}

/** Single nodes need little of both; a crash or a hang costs one child. */
const LIMITS = { timeoutMs: 30_000, memoryBytes: 2 ** 30 };

const OPTIONS: SessionOptions = {
  executionProviders: ['cpu'],
  graphOptimizationLevel: 'disabled',
  enableCpuMemArena: false,
  intraOpNumThreads: 1,
  extra: { session: { disable_prepacking: '1' } },
};

/** Domains that only the runtime's own optimiser writes, for other processors than a CPU's. */
const INTERNAL_DOMAINS: ReadonlySet<string> = new Set(['com.ms.internal.nhwc']);

/** All schemas that models for this runtime can use. */
export function probedSchemas(): readonly OperatorSchema[] {
  const { opsets } = runtimeLimits();
  return knownDomains()
    .filter((domain) => !INTERNAL_DOMAINS.has(domain))
    .flatMap((domain) =>
      operatorNames(domain)
        .flatMap((name) => schemaHistory({ domain, name }))
        .filter(({ since, deprecated }) => !deprecated && since <= (opsets.get(domain) ?? 1)),
    );
}

/**
 * Finds out what a runtime has kernels for, by having it load a model of one node for each operator, version and combination of
 * types: some thirty thousand sessions, a few minutes.
 */
export async function probeKernels(options: ProbeOptions): Promise<KernelFacts> {
  const { schemas = probedSchemas(), progress } = options;
  const step = progress.step('ask the runtime for its kernels');
  step.total(schemas.length);
  const typeLists = new TypeLists();
  const kernels: Record<string, Record<string, Record<string, KernelEntry>>> = {};
  const runtime = new RenewedChild(options);
  try {
    const described = await runtime.ask('describe', {});
    if (described.outcome !== 'ok') throw new Error(`the runtime does not start: ${JSON.stringify(described)}`);
    for (const schema of schemas) {
      const entry = await probeSchema(schema, { typeLists, load: (bytes) => load(runtime, bytes) });
      const operators = kernels[schema.domain] ?? {};
      kernels[schema.domain] = { ...operators, [schema.name]: { ...operators[schema.name], [schema.since]: entry } };
      step.advance(1);
    }
    step.done();
    return { onnxruntime: described.value.onnxruntime, typeLists: typeLists.lists, kernels };
  } finally {
    await runtime.close();
  }
}

function load(child: RenewedChild, bytes: Uint8Array): Promise<Outcome<unknown>> {
  return child.ask('create', { session: 'probe', model: { kind: 'bytes', bytes, folder: '.' }, options: OPTIONS });
}

async function probeSchema(
  schema: OperatorSchema,
  {
    typeLists,
    load,
  }: { readonly typeLists: TypeLists; readonly load: (bytes: Uint8Array) => Promise<Outcome<unknown>> },
): Promise<KernelEntry> {
  const variables = askableVariables(schema);
  const allowed = variables.map((variable) => schema.types.get(variable) ?? []);
  const { answers, isComplete } = await askCombinations(allowed, async (combination) => {
    const types = Object.fromEntries(variables.map((variable, place) => [variable, combination[place] ?? '']));
    const model = singleNodeModel(schema, types);
    return model === null ? 'unknown' : judge(await load(encodeModel(model)));
  });
  const settled = settleHalves(answers);
  const rows = (wanted: KernelAnswer): readonly (readonly number[])[] => {
    const combinations = [...settled].filter(([, answer]) => answer === wanted).map(([combination]) => combination);
    return asRows(combinations, variables.length).map((row) => row.map((types) => typeLists.placeOf(types)));
  };
  const unasked = rows('unknown');
  return {
    variables,
    accepted: rows('yes'),
    ...(unasked.length > 0 && { unasked }),
    ...(!isComplete && { sampled: true }),
  };
}

/**
 * A node on float16 runs by a kernel of its own, or between casts by the one for float. Where float has none, the runtime's casts
 * garble its refusal; it is one all the same.
 */
function settleHalves(answers: ReadonlyMap<Combination, KernelAnswer>): ReadonlyMap<Combination, KernelAnswer> {
  const byName = new Map([...answers].map(([combination, answer]) => [combination.join(), answer]));
  const settled = [...answers].map(([combination, answer]): readonly [Combination, KernelAnswer] => {
    const twin = combination.map((type) => (type === 'tensor(float16)' ? 'tensor(float)' : type)).join();
    return [
      combination,
      answer === 'unknown' && twin !== combination.join() && byName.get(twin) === 'no' ? 'no' : answer,
    ];
  });
  return new Map(settled);
}

const NO_KERNEL =
  /Could not find an implementation|Failed to find kernel|is not a registered function\/op|NOT_IMPLEMENTED/;
/** The binding looks at types only after the session stands; a kernel that objects to its attributes has been found. */
const HAS_KERNEL = /^Unsupported data type|^Exception during initialization/;
/** A kernel that covers several types may decide on them when it is made. */
const TYPE_REFUSED =
  /Exception during initialization[\s\S]*(unsupported|not supported|invalid|output)[^.]*(data ?)?type/i;

function judge(outcome: Outcome<unknown>): KernelAnswer {
  if (outcome.outcome === 'ok') return 'yes';
  if (outcome.outcome !== 'refused') return 'unknown';
  if (NO_KERNEL.test(outcome.message) || TYPE_REFUSED.test(outcome.message)) return 'no';
  return HAS_KERNEL.test(outcome.message) ? 'yes' : 'unknown';
}

/** Sessions in one process before it is replaced, so that what each leaves behind does not add up. */
const SESSIONS_PER_CHILD = 2000;

/** One child after another: a new one where the last has ended or is worn. */
class RenewedChild {
  readonly #options: ProbeOptions;
  #child: ReturnType<typeof openRuntimeChild> | undefined;
  #uses = 0;

  constructor(options: ProbeOptions) {
    this.#options = options;
  }

  async ask<V extends Verb>(verb: V, question: Verbs[V]['ask']): Promise<Outcome<Verbs[V]['value']>> {
    const { runtimeFolder, signal } = this.#options;
    signal?.throwIfAborted();
    this.#child ??= openRuntimeChild({ runtimeFolder, limits: LIMITS, ...(signal && { signal }) });
    const outcome = await this.#child.ask(verb, question);
    const hasEnded = outcome.outcome !== 'ok' && outcome.outcome !== 'refused';
    if (hasEnded || ++this.#uses % SESSIONS_PER_CHILD === 0) await this.close();
    return outcome;
  }

  async close(): Promise<void> {
    await this.#child?.close();
    this.#child = undefined;
  }
}

class TypeLists {
  readonly lists: (readonly string[])[] = [];
  readonly #places = new Map<string, number>();

  placeOf(types: readonly string[]): number {
    const key = types.join();
    const known = this.#places.get(key);
    if (known !== undefined) return known;
    this.#places.set(key, this.lists.length);
    return this.lists.push(types) - 1;
  }
}
