import { join } from 'node:path';
import type { Model } from '../../onnx/model.ts';
import { writeModel } from '../../onnx/write-model.ts';
import type { Signature } from '../runtime/requests.ts';
import { type ChildLimits, type RuntimeChild, withRuntimeChild } from '../runtime/runtime-child.ts';
import { type SessionOptions, sessionOptions } from '../runtime/session-options.ts';
import type { SymbolBounds } from '../runtime/synthesise-feeds.ts';
import type { TensorValues } from '../runtime/tensor-value.ts';
import { observable } from './observable.ts';
import { describeOutcome, inconclusive, largestOf, type Proof, refuted, whatDiffers } from './proof.ts';
import { type ProofFeeds, proofFeeds } from './proof-feeds.ts';
import { proveRows } from './prove-rows.ts';

export interface ProofOptions {
  /** The folder of the onnxruntime-node package. */
  readonly runtimeFolder: string;
  readonly limits: ChildLimits;
  /** For models as they are observed, where that is not as they are. */
  readonly temporaryFolder: string;
  readonly bounds: SymbolBounds;
  /** Inputs that the model is known to take. */
  readonly example?: TensorValues;
  /** Also holds runs on several rows against runs on each of them. */
  readonly isRowByRow: boolean;
  readonly signal?: AbortSignal;
}

/** Different inputs that both models are run on; a wrong edge shows on nearly any. */
const RUNS = 3;
/** One run proves most of what three do; large models stop here, once they have one. */
const RUNNING_MS = 10_000;

const [REFERENCE, CANDIDATE] = ['reference', 'candidate'] as const;

/**
 * Runs the original and the mended model, both as files, on the same inputs in a child process, without any optimisation
 * that could make them differ, and compares every output.
 */
export async function proveMends(original: Model, mended: Model, options: ProofOptions): Promise<Proof> {
  const files = {
    [REFERENCE]: await fileOf(original, join(options.temporaryFolder, 'reference.onnx')),
    [CANDIDATE]: await fileOf(mended, join(options.temporaryFolder, 'candidate.onnx')),
  };
  const { runtimeFolder, limits, signal } = options;
  return withRuntimeChild({ runtimeFolder, limits, ...(signal && { signal }) }, async (child) => {
    const loaded = await loadBoth(child, files);
    return 'state' in loaded ? loaded : compareRuns(child, loaded.signature, options);
  });
}

async function fileOf(model: Model, place: string): Promise<string> {
  const observed = observable(model);
  if (observed === model) return model.path;
  await writeModel(observed, place);
  return place;
}

type Files = Readonly<Record<typeof REFERENCE | typeof CANDIDATE, string>>;

/** Some models run only once the runtime has optimised them; then both are. */
const LEVELS = ['disabled', 'extended'] as const;

async function loadBoth(child: RuntimeChild, files: Files): Promise<Proof | { readonly signature: Signature }> {
  let refusal: Proof = inconclusive('the runtime does not load the original');
  for (const level of LEVELS) {
    const options: SessionOptions = { ...sessionOptions('lean', { form: 'original' }), graphOptimizationLevel: level };
    const load = (session: keyof Files) =>
      child.ask('create', { session, model: { kind: 'file', path: files[session] }, options });
    const reference = await load(REFERENCE);
    if (reference.outcome !== 'ok') {
      refusal = inconclusive(`the runtime does not load the original: ${describeOutcome(reference)}`);
      continue;
    }
    const candidate = await load(CANDIDATE);
    if (candidate.outcome === 'ok') return { signature: reference.value };
    return refuted(`the runtime does not load the mended model: ${describeOutcome(candidate)}`);
  }
  return refusal;
}

async function compareRuns(child: RuntimeChild, signature: Signature, options: ProofOptions): Promise<Proof> {
  const ran: ProofFeeds[] = [];
  let largestDifference = 0;
  let why = 'its inputs cannot be made up';
  const startedAt = performance.now();
  for (const attempt of proofFeeds(signature, options)) {
    if (ran.length >= RUNS || (ran.length > 0 && performance.now() - startedAt > RUNNING_MS)) break;
    const compared = await compare(child, attempt.feeds);
    if ('unfit' in compared) {
      why = compared.unfit;
      continue;
    }
    // Larger inputs may be too much for this machine; what was proven stays proven.
    if (compared.state === 'inconclusive' && ran.length > 0) break;
    if (compared.state !== 'proven') return { ...compared, runs: ran.length };
    largestDifference = Math.max(largestDifference, compared.largestDifference);
    ran.push(attempt);
  }
  const [first] = ran;
  if (!first) {
    return inconclusive(
      `the original takes none of the inputs made up for it, and a case would say which ones it does take: ${why}`,
    );
  }
  if (!options.isRowByRow) return { state: 'proven', runs: ran.length, largestDifference, why: null };
  const rows = await proveRows(child, {
    signature,
    ran: first,
    bounds: options.bounds,
    reference: REFERENCE,
    candidate: CANDIDATE,
  });
  return {
    ...rows,
    runs: ran.length + rows.runs,
    largestDifference: Math.max(largestDifference, rows.largestDifference),
  };
}

/** A proof by one run, or why the original itself does not take these inputs. */
async function compare(child: RuntimeChild, feeds: TensorValues): Promise<Proof | { readonly unfit: string }> {
  const compared = await child.ask('compare', { reference: REFERENCE, candidate: CANDIDATE, feeds });
  if (compared.outcome === 'refused') {
    const alone = await child.ask('run', { session: REFERENCE, feeds });
    if (alone.outcome === 'refused') return { unfit: alone.message };
    return refuted(`the mended model does not run: ${compared.message}`);
  }
  // Which of the two it was that ended the process cannot be told, so that nothing is proven.
  if (compared.outcome !== 'ok') return inconclusive(describeOutcome(compared));
  const why = whatDiffers(compared.value);
  if (why === null) return { state: 'proven', runs: 1, largestDifference: largestOf(compared.value), why };
  const repeated = await child.ask('compare', { reference: REFERENCE, candidate: REFERENCE, feeds });
  const isRandom = repeated.outcome === 'ok' && whatDiffers(repeated.value) !== null;
  return isRandom ? inconclusive('the original gives other outputs each time it is run') : refuted(why);
}
