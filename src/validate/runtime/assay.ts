import { type Finding, sortFindings } from '../../nouns/finding.ts';
import type { Progress } from '../../nouns/progress.ts';
import type { Model } from '../../onnx/model.ts';
import {
  findingOfOutcome,
  findingsOfEquality,
  findingsOfExternalData,
  findingsOfSignature,
  findingsOfTrial,
  loweredFinding,
  originalFinding,
} from './assay-findings.ts';
import type { Launch, ProcessAhead } from './child-process.ts';
import { compareWithOriginal, type Equality, type OriginalLevel } from './equality.ts';
import type { KeepPreparation } from './kept-preparation.ts';
import { missingLocale, withLocaleStandIn } from './locale-stand-in.ts';
import type { OrderFor, ProfileOf } from './order-prepared.ts';
import { type PreparationLevel, type PreparedModel, sourceOf } from './prepare-model.ts';
import { type Batchability, proveBatching } from './prove-batching.ts';
import type { ModelSource, Signature } from './requests.ts';
import { type ChildLimits, type RuntimeChild, withRuntimeChild } from './runtime-child.ts';
import { sessionOptions } from './session-options.ts';
import { shipModel } from './ship-model.ts';
import type { SymbolBounds } from './synthesise-feeds.ts';
import type { TensorValues } from './tensor-value.ts';
import { type Trial, trialRun } from './trial-run.ts';
import type { PutWeights } from './weights-place.ts';

export interface AssayOptions {
  /** Its `node_modules` holds onnxruntime-node and onnxruntime-common. */
  readonly runtimeFolder: string;
  /** Where the prepared model goes; made if missing. What is called `model.onnx` or `model.data` there is replaced. */
  readonly outputFolder: string;
  readonly temporaryFolder: string;
  readonly limits: ChildLimits;
  /** Largest sizes of symbols: made-up inputs stay within them, and nodes are ordered for them. */
  readonly bounds?: SymbolBounds;
  /** The profile that the graph is made ready for; `fast` if not given. */
  readonly profile?: ProfileOf;
  /** Whether it may hold filters for `lean`; always if not given. */
  readonly mayHold?: OrderFor['mayHold'];
  /** Where what was prepared is kept for other bounds and inputs; nowhere if not given. */
  readonly keep?: KeepPreparation;
  /** Inputs that the model is known to take, for instance of its first case. */
  readonly example?: TensorValues;
  /** How the child is started; with this process's own Node if not given. */
  readonly launch?: Launch;
  /** A child that was started with the usual environment before. */
  readonly ahead?: ProcessAhead;
  readonly signal?: AbortSignal;
  /** Writes the data file of what ships, once in each attempt; into `outputFolder` if not given. */
  readonly putWeights?: PutWeights;
  /** Told what ships, once it has loaded: whoever has to read it can do so while it is run. Told again where other files make way. */
  readonly onLoaded?: (prepared: PreparedModel) => void;
  /** Told of the bytes written. */
  readonly progress?: Progress;
}

/** What the locked runtime says about a model, and the form in which the model ships. */
export interface Assay {
  /** `inconclusive`: it loads, but no run was possible here. */
  readonly verdict: 'accepted' | 'refused' | 'inconclusive';
  readonly findings: readonly Finding[];
  readonly signature: Signature | null;
  readonly prepared: PreparedModel | null;
  readonly trial: Trial | null;
  readonly equality: Equality | null;
  readonly batching: Batchability;
  /** The locale that C.UTF-8 stood in for, since this machine lacks it. */
  readonly substitutedLocale: string | null;
  /** The last of what the runtime wrote on its standard output and error. */
  readonly log: string;
}

/**
 * Has the locked runtime judge a model in a child process: loads it, writes the prepared form, loads that as the server will,
 * runs it once, and holds its outputs against the original's. Whatever the model does to the runtime becomes a finding. Throws
 * only for what is no fault of the model, such as a full disk, or when `signal` is raised.
 */
export async function assayModel(model: Model, options: AssayOptions): Promise<Assay> {
  const unreachable = findingsOfExternalData(model);
  if (unreachable.length > 0) return { ...NOTHING, verdict: 'refused', findings: unreachable };
  const first = await assayOnce(model, options, {});
  const locale = first.refusal === null ? null : missingLocale(first.refusal);
  if (locale === null) return equalOrLess(model, first.assay, (level) => assayOnce(model, { ...options, level }, {}));
  const second = await withLocaleStandIn({ locale, temporaryFolder: options.temporaryFolder }, async (environment) => {
    const { assay } = await assayOnce(model, options, environment);
    return equalOrLess(model, assay, (level) => assayOnce(model, { ...options, level }, environment));
  });
  return second === null ? first.assay : { ...second, substitutedLocale: locale };
}

/** Where the prepared form is not proven equal, that of the lower level where it is. */
async function equalOrLess(
  model: Model,
  assay: Assay,
  again: (level: PreparationLevel) => Promise<{ readonly assay: Assay }>,
): Promise<Assay> {
  const state = assay.equality?.state;
  // Rounding at other places is what quantized models are fused for, and what every loading of them does.
  const isExpected = state === 'as-optimised' && isQuantized(model);
  if ((state !== 'different' && state !== 'as-optimised') || isExpected) return assay;
  const lower = (await again('basic')).assay;
  const isEqual = lower.equality?.state === 'identical' || lower.equality?.state === 'close';
  if (isEqual && lower.verdict === 'accepted') {
    return { ...lower, findings: sortFindings([...lower.findings, loweredFinding(assay, model.path)]) };
  }
  return (await again('extended')).assay;
}

const SHIPPED = 'shipped';

function isQuantized({ graph }: Model): boolean {
  return graph.nodes.some(({ opType }) => opType === 'QuantizeLinear' || opType === 'DynamicQuantizeLinear');
}

async function assayOnce(
  model: Model,
  options: AssayOptions & { readonly level?: PreparationLevel },
  environment: Readonly<Record<string, string>>,
): Promise<{ readonly assay: Assay; readonly refusal: string | null }> {
  const {
    runtimeFolder,
    limits,
    launch,
    signal,
    outputFolder,
    bounds = {},
    profile = 'fast',
    mayHold,
    keep,
    level,
    progress,
    ahead,
    putWeights,
  } = options;
  const source = sourceOf(model);
  const file = model.path;
  const isUsual = launch === undefined && Object.keys(environment).length === 0;
  const opening = {
    runtimeFolder,
    limits,
    environment,
    ...(launch && { launch }),
    ...(ahead && isUsual && { ahead }),
    ...(signal && { signal }),
  };
  return withRuntimeChild(opening, async (child) => {
    const shipped = await shipModel(child, {
      model,
      source,
      folder: outputFolder,
      session: SHIPPED,
      bounds,
      profile,
      ...(mayHold && { mayHold }),
      ...(keep && { keep }),
      ...(putWeights && { putWeights }),
      ...(level && { level }),
      ...(progress && { progress }),
    });
    if (shipped.outcome === 'ok') options.onLoaded?.(shipped.value.prepared);
    if (shipped.outcome === 'ok')
      return { assay: await tryModel(child, { ...options, model, source, ...shipped.value }), refusal: null };
    const findings = [findingOfOutcome(shipped, { file, phase: 'loading' })];
    const refusal = shipped.outcome === 'refused' ? shipped.message : null;
    return { assay: { ...NOTHING, verdict: verdictOf(findings, null), findings, log: child.log() }, refusal };
  });
}

const NOTHING: Assay = {
  verdict: 'inconclusive',
  findings: [],
  signature: null,
  prepared: null,
  trial: null,
  equality: null,
  batching: { state: 'off', why: 'it was not run' },
  substitutedLocale: null,
  log: '',
};

interface TryOptions extends AssayOptions {
  readonly model: Model;
  readonly source: ModelSource;
  readonly prepared: PreparedModel;
  readonly signature: Signature;
}

/** Runs the loaded model, and holds it against the original where it is not the original itself. */
async function tryModel(child: RuntimeChild, options: TryOptions): Promise<Assay> {
  const { model, source, prepared, signature, bounds = {}, example } = options;
  const file = model.path;
  const unserved = findingsOfSignature(signature, file);
  const trial = await trialRun(child, { session: SHIPPED, signature, bounds, ...(example && { example }) });
  const load = (session: string, level: OriginalLevel) =>
    child.ask('create', {
      session,
      model: source,
      options: { ...sessionOptions('lean', { form: 'original' }), graphOptimizationLevel: level },
    });
  const compared =
    trial.state === 'ran' && prepared.form === 'prepared'
      ? await compareWithOriginal(child, { prepared: SHIPPED, feeds: trial.feeds, load })
      : null;
  const findings = sortFindings([
    ...unserved,
    ...(prepared.reason === null ? [] : [originalFinding(prepared.reason, file)]),
    // What the binding cannot carry explains why there was no run.
    ...(trial.state === 'not-run' && unserved.length > 0 ? [] : findingsOfTrial(trial, file)),
    ...(compared === null ? [] : findingsOfEquality(compared, file)),
  ]);
  const equality = compared?.outcome === 'ok' ? compared.value : null;
  const batching =
    trial.state === 'ran' && !findings.some(({ severity }) => severity === 'error')
      ? await proveBatching(child, { model, session: SHIPPED, signature, feeds: trial.feeds, bounds })
      : NOTHING.batching;
  return {
    ...NOTHING,
    verdict: verdictOf(findings, trial),
    findings,
    signature,
    prepared,
    trial,
    equality,
    batching,
    log: child.log(),
  };
}

function verdictOf(findings: readonly Finding[], trial: Trial | null): Assay['verdict'] {
  if (findings.some(({ severity }) => severity === 'error')) return 'refused';
  return trial?.state === 'ran' ? 'accepted' : 'inconclusive';
}
