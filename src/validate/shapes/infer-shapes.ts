import { axisKey, lettersKey } from '../../nouns/axis-bound.ts';
import type { Dimension, Model, Node, Tensor, ValueInfo } from '../../onnx/model.ts';
import { declaredFact, isSize } from './declared.ts';
import { type Element, type Fact, tensor } from './fact.ts';
import { Inference } from './inference.ts';
import { INFERENCE_LIMITS, type InferenceLimits } from './limits.ts';
import { graphsOf } from './order-nodes.ts';
import { readElements } from './read-elements.ts';
import type { ShapedModel } from './shaped-model.ts';
import type { Size } from './size/size.ts';
import { walkGraph } from './walk-graph.ts';

export interface InferOptions {
  /** Numbers for the names of dimensions. A dimension without a name is called `input[axis]`. */
  readonly bounds?: ReadonlyMap<string, number>;
  /** Shapes of inputs by name, in place of those that the model declares. */
  readonly inputShapes?: ReadonlyMap<string, readonly Dimension[]>;
  /** Facts of inputs by name, in place of all that the model declares: for values that are known, or kinds other than tensors. */
  readonly inputFacts?: ReadonlyMap<string, Fact>;
  /** Whether inputs that have a default are taken to keep it, as they do unless a request feeds them; true if not given. */
  readonly defaultsHold?: boolean;
  /** Whether what the file declares of inner values and outputs fills in what cannot be inferred; false if not given. */
  readonly trustDeclarations?: boolean;
  /** Limits other than the usual ones. */
  readonly limits?: Partial<InferenceLimits>;
  /** How small constants of the model are read; from its file if not given. */
  readonly readTensor?: (tensor: Tensor) => readonly Element[] | null;
}

/**
 * Infers the type and shape of every value in a model, symbolic where the model names dimensions that have no bound.
 * Reads small constants from the model's file and nothing else. Never throws for what is in the model: what contradicts
 * itself is a conflict, what cannot be told is unknown, with its reason.
 */
export function inferShapes(model: Model, options: InferOptions = {}): ShapedModel {
  const inference = new Inference(model, {
    limits: { ...INFERENCE_LIMITS, ...options.limits },
    bounds: options.bounds ?? new Map(),
    readTensor: options.readTensor ?? ((stored) => readElements(model, stored)),
    nodeCount: countNodes(model),
    trustDeclarations: options.trustDeclarations ?? false,
    overridable: options.defaultsHold === false && model.irVersion >= 4 ? inputNames(model) : new Set(),
  });
  const stored = new Set(model.graph.initializers.map(({ name }) => name));
  const inputs = new Map<string, Fact>();
  for (const input of model.graph.inputs) {
    const fact = inputFact(input, { inference, options, hasDefault: stored.has(input.name) });
    if (fact) inputs.set(input.name, inference.possible(fact));
  }
  const { shaped } = walkGraph(model.graph, inputs, {
    inference,
    path: '',
    parent: null,
    opsets: new Map(model.opsetImports.map(({ domain, version }) => [domain, version])),
    attributes: new Map(),
    calls: [],
    depth: 0,
  });
  return {
    ...shaped,
    model,
    conflicts: inference.conflicts,
    hasMoreConflicts: inference.hasMoreConflicts,
    operatorsWithoutRule: inference.operatorsWithoutRule,
  };
}

interface InputFacts {
  readonly inference: Inference;
  readonly options: InferOptions;
  readonly hasDefault: boolean;
}

/** What is known of an input; `null` where an initializer of its name says it. */
function inputFact({ name, type }: ValueInfo, { inference, options, hasDefault }: InputFacts): Fact | null {
  const given = options.inputFacts?.get(name);
  if (given) return given;
  const sizeOf = (dimension: Dimension, axis: number): Size => {
    if (isSize(dimension)) return dimension;
    if (typeof dimension === 'string') return inference.sizeOfName(dimension);
    const bound = inference.options.bounds.get(axisKey(name, axis));
    return bound ?? inference.freshSize(`input ${name} does not say dimension ${axis}`);
  };
  const shape = options.inputShapes?.get(name);
  if (shape && (type === null || type.kind === 'tensor'))
    return tensor(type?.elementType ?? 'undefined', shape.map(sizeOf));
  if (hasDefault) return null;
  const fact = declaredFact(type, { sizeOf, reason: `input ${name} has no declared shape` });
  const letters = inference.options.bounds.get(lettersKey(name));
  return letters !== undefined && fact.kind === 'tensor' && fact.elementType === 'string' ? { ...fact, letters } : fact;
}

function inputNames(model: Model): ReadonlySet<string> {
  return new Set(model.graph.inputs.map(({ name }) => name));
}

/** Nodes of all graphs and functions, each once. */
function countNodes(model: Model): number {
  let count = 0;
  const pending: { readonly nodes: readonly Node[] }[] = [model.graph, ...model.functions];
  for (let next = pending.pop(); next; next = pending.pop()) {
    count += next.nodes.length;
    for (const node of next.nodes) pending.push(...graphsOf(node));
  }
  return count;
}
