import type { CaseTensor } from '../../schemas/case.ts';
import { type Plan, SERVED_TYPES, type TensorSignature } from '../../schemas/plan.ts';
import { canonicalJson, type Json } from '../nouns/canonical-json.ts';
import { type Config, DEFAULT_MAX_BODY_BYTES } from '../nouns/config.ts';
import { hexOf } from '../nouns/digest.ts';
import { EXIT, Failure } from '../nouns/failure.ts';
import type { Lock } from '../nouns/lock.ts';
import type { Shape, ValueInfo } from '../onnx/model.ts';
import type { Project } from '../project/read-project.ts';
import { holdsFilters } from '../validate/memory/held-filters.ts';
import { PLANNED_ENVIRONMENT, type Profile, sessionOptions } from '../validate/runtime/session-options.ts';
import type { AssayedProject } from './assay-record.ts';
import { batchName } from './batch-name.ts';
import type { CheckedProject } from './check-project.ts';
import { wholeDigest } from './measure-model.ts';
import { makeMemoryTable } from './memory-table.ts';
import { preparedOf } from './prepared-project.ts';
import { isSendable } from './read-example.ts';

export interface PlanFacts {
  readonly project: Project;
  readonly checked: CheckedProject;
  readonly files: Lock['model'];
  readonly assayed: AssayedProject;
  /** How the server loads it. */
  readonly profile: Profile;
  /** Inputs that the model is known to take. */
  readonly example: readonly CaseTensor[] | undefined;
  /** The limit that is recommended for the container; `null` where it is not known. */
  readonly recommendedLimitBytes: number | null;
}

/** An example in the plan is for the warm-up; a larger one costs more at every start than it tells. */
const LARGEST_EXAMPLE_LETTERS = 64 * 1024;

/**
 * What the server must know of the model, as the image's `plan.json`.
 * @throws Failure `model/unservable` where an input or output is no tensor of a type that the runtime's binding carries.
 */
export function makePlan(facts: PlanFacts): Plan {
  const { project, checked, files, assayed, profile, example, recommendedLimitBytes } = facts;
  const { config, name } = project;
  const { graph } = checked.model;
  const [file, ...data] = assayed.files;
  if (!file) throw new TypeError('a prepared model has at least one file');
  const batching = batchingOf(config, { assayed, batch: batchName(checked.model) });
  const defaults = new Set(graph.initializers.map((tensor) => tensor.name));
  const holds = profile === 'lean' && assayed.form === 'prepared' && holdsFilters(preparedOf(assayed).model);
  const table = () =>
    makeMemoryTable({
      model: preparedOf(assayed).model,
      profile,
      bounds: config.bounds,
      maxSize: batching.state === 'proven' ? batching.maxSize : null,
    });
  return {
    schema: 'plimsoll.plan/1',
    name,
    version: hexOf(wholeDigest(files)).slice(0, 12),
    model: {
      file: file.path,
      digest: file.digest,
      data: data.map(({ path, digest, bytes }) => ({ file: path, digest, bytes })),
      optionalInputs: graph.inputs.filter((input) => defaults.has(input.name)).map((input) => input.name),
      inputs: graph.inputs.map((input) => signatureOf(input, 'input')),
      outputs: graph.outputs.map((output) => signatureOf(output, 'output')),
    },
    bounds: config.bounds,
    profile,
    ...(holds && { holdsFilters: true }),
    sessionOptions: { ...sessionOptions(profile, { form: assayed.form, holdsFilters: holds }) },
    environment: { ...PLANNED_ENVIRONMENT },
    limits: { bodyBytes: config.serve.maxBody ?? DEFAULT_MAX_BODY_BYTES, queue: config.serve.queue },
    batching,
    concurrency: config.serve.concurrency,
    memory: assayed.form === 'original' ? null : withLimit(table(), recommendedLimitBytes),
    ...(example && isWarming(example) && { example: { inputs: [...example] } }),
    memoryBytes: config.budget.memory ?? null,
  };
}

function isWarming(example: readonly CaseTensor[]): boolean {
  return isSendable(example) && JSON.stringify(example).length <= LARGEST_EXAMPLE_LETTERS;
}

/** The one limit that everybody is told: by lint, by the image's labels and by the server. */
function withLimit(memory: Plan['memory'], recommendedLimitBytes: number | null): Plan['memory'] {
  if (memory === null || recommendedLimitBytes === null) return memory;
  return { ...memory, recommendedLimitBytes };
}

/** Rows of the largest run where nothing is said: more saves little, and makes the first of them wait. */
const DEFAULT_MAX_SIZE = 32;

function batchingOf(
  { bounds, serve }: Config,
  { assayed, batch }: { readonly assayed: AssayedProject; readonly batch: string | undefined },
): Plan['batching'] {
  const { state } = assayed.batching;
  if (state === 'off') return { state, why: assayed.batching.why };
  const bound = batch !== undefined && Object.hasOwn(bounds, batch) ? bounds[batch] : undefined;
  const maxSize = serve.batching.maxSize ?? bound ?? DEFAULT_MAX_SIZE;
  if (maxSize === 1) return { state: 'off', why: 'the largest run was set to one row' };
  return { state, maxSize, maxDelayMs: serve.batching.maxDelayMs, provenRows: [...assayed.batching.rows] };
}

/** The text of `plan.json` in the image. */
export function renderPlan(plan: Plan): string {
  return canonicalJson(plan as Json, { indent: true });
}

function signatureOf({ name, type }: ValueInfo, role: 'input' | 'output'): TensorSignature {
  if (type?.kind === 'tensor') {
    const elementType = SERVED_TYPES.find((served) => served === type.elementType);
    if (elementType) return { name, elementType, shape: type.shape === null ? null : type.shape.map(servedSize) };
  }
  const found =
    type === null ? 'of no declared type' : type.kind === 'tensor' ? `tensor(${type.elementType})` : `a ${type.kind}`;
  throw new Failure(`${role} "${name}" is ${found}; the server carries tensors of ${SERVED_TYPES.join(', ')}`, {
    code: 'model/unservable',
    exit: EXIT.findings,
    mend: MENDS[type?.kind ?? 'undeclared'] ?? 'Give a tensor in its place.',
  });
}

/** Some exporters write -1 for a size that is open; the runtime takes it so. */
function servedSize(size: NonNullable<Shape>[number]): NonNullable<Shape>[number] {
  return typeof size === 'number' && size < 0 ? null : size;
}

const WITHOUT_ZIPMAP = 'Export without ZipMap (skl2onnx: zipmap=False), so that probabilities come as a tensor.';
const MENDS: Readonly<Record<string, string>> = {
  tensor: 'Cast it to one of these types at the edge of the graph, and export again.',
  sequence: WITHOUT_ZIPMAP,
  map: WITHOUT_ZIPMAP,
  undeclared: 'Declare its type: in Python, onnx.save(onnx.shape_inference.infer_shapes(model), path).',
};
