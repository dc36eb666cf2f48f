import type { Graph, Model, Node, Tensor } from '../../onnx/model.ts';
import type { Fact } from '../shapes/fact.ts';
import { inferShapes } from '../shapes/infer-shapes.ts';
import type { ShapedModel } from '../shapes/shaped-model.ts';
import { haveSameShapes, namesOfMultiples, shapesAtBounds } from '../shapes/shapes-at-bounds.ts';
import { keyOfName } from '../shapes/size/size.ts';
import { Recent } from './recent.ts';

const SYMBOLIC = new Recent<Model, ShapedModel>(1);
const SHAPED = new Recent<Model, ShapedModel>(6);
const AGREEMENTS = new Recent<ShapedModel, Agreement>(1);
const CHANGES = new WeakMap<Model, Change>();

/** What makes one model of another: nodes and weights that stand in for a node, and give what it gave. */
export interface Change {
  readonly from: Model;
  readonly nodes: readonly Node[];
  readonly weights: readonly Tensor[];
}

/** Notes what a model was made of: what is known of the values that both have is known of the new one too. */
export function noteChange(model: Model, change: Change): void {
  CHANGES.set(model, change);
}

/** The model as it is inferred without bounds. */
export function symbolicShapes(model: Model): ShapedModel {
  return SYMBOLIC.of(model, '', () => {
    const change = CHANGES.get(model);
    return change ? withChange(model, change, symbolicShapes(change.from)) : inferShapes(model);
  });
}

/**
 * The model as it is inferred at the bounds. Searches ask about many: where inference was seen to find what comes of putting numbers
 * into what is known without bounds, later ones are answered so, for a small part of the work.
 */
export function boundedShapes(model: Model, bounds: ReadonlyMap<string, number>): ShapedModel {
  return SHAPED.of(model, JSON.stringify([...bounds]), () => {
    const change = CHANGES.get(model);
    if (change) {
      const before = boundedShapes(change.from, bounds);
      const settled = before.settled && shapesAtBounds(symbolicShapes(model), bounds);
      return settled ?? withChange(model, change, before);
    }
    const symbolic = symbolicShapes(model);
    const agreement = AGREEMENTS.of(symbolic, '', () => new Agreement(symbolic));
    const settled = shapesAtBounds(symbolic, bounds);
    if (settled !== null && agreement.covers(bounds)) return settled;
    if (settled === null) return inferShapes(model, { bounds });
    const tried = agreement.withFreshNumbers(bounds);
    const expected = tried === bounds ? settled : shapesAtBounds(symbolic, tried);
    const inferred = inferShapes(model, { bounds: tried });
    const agrees = expected !== null && haveSameShapes(expected, inferred);
    if (agrees) agreement.note(tried);
    if (agrees && (tried === bounds || agreement.covers(bounds))) return settled;
    return tried === bounds ? inferred : inferShapes(model, { bounds });
  });
}

/**
 * Where inference and expressions were seen to agree. Expressions do not say which sizes have to be equal for the model to run, so
 * each combination of names that sizes are computed from is inferred once; names that sizes are only multiples of, as of a batch, are
 * taken on trust after two numbers.
 */
class Agreement {
  readonly #multiples: ReadonlySet<string>;
  readonly #seen = new Set<string>();
  readonly #numbers = new Map<string, Set<number>>();

  constructor(symbolic: ShapedModel) {
    this.#multiples = namesOfMultiples(symbolic);
  }

  covers(bounds: ReadonlyMap<string, number>): boolean {
    if (!this.#seen.has(this.#computedFrom(bounds))) return false;
    return [...bounds].every(([name, most]) => {
      const numbers = this.#numbers.get(name);
      return !this.#isMultiple(name) || numbers?.has(most) || (numbers?.size ?? 0) >= ENOUGH_NUMBERS;
    });
  }

  note(bounds: ReadonlyMap<string, number>): void {
    this.#seen.add(this.#computedFrom(bounds));
    for (const [name, most] of bounds) {
      // At 1 it goes with everything.
      if (most <= 1) continue;
      const numbers = this.#numbers.get(name) ?? new Set();
      this.#numbers.set(name, numbers.add(most));
    }
  }

  /** Once bounds like these have been seen: numbers that settle all names at once which are to be taken on trust. */
  withFreshNumbers(bounds: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
    if (!this.#seen.has(this.#computedFrom(bounds))) return bounds;
    return new Map([...bounds].map(([name, most]) => [name, this.#isMultiple(name) ? this.#fresh(name, most) : most]));
  }

  #fresh(name: string, most: number): number {
    const numbers = this.#numbers.get(name) ?? new Set();
    let number = Math.max(2, most);
    while (numbers.size < ENOUGH_NUMBERS && numbers.has(number)) number++;
    return number;
  }

  #isMultiple(name: string): boolean {
    return this.#multiples.has(keyOfName(name));
  }

  #computedFrom(bounds: ReadonlyMap<string, number>): string {
    return JSON.stringify([...bounds].filter(([name]) => !this.#isMultiple(name)));
  }
}

const ENOUGH_NUMBERS = 2;

/** Infers the new nodes by themselves, from what is known of what they take. */
function withChange(model: Model, { nodes, weights }: Change, before: ShapedModel): ShapedModel {
  const taken = new Map<string, Fact>();
  for (const name of nodes.flatMap(({ inputs }) => inputs)) {
    const fact = before.values.get(name);
    if (fact) taken.set(name, fact);
  }
  const inputs = [...taken.keys()].map((name) => ({ name, type: null, docString: '', metadata: NONE, unknown: [] }));
  const graph: Graph = { ...model.graph, nodes, initializers: weights, sparseInitializers: [], inputs, outputs: [] };
  const { values } = inferShapes({ ...model, graph }, { inputFacts: taken });
  const { settled: _, ...rest } = before;
  return { ...rest, model, graph: model.graph, values: new Map([...values, ...before.values]) };
}

const NONE: ReadonlyMap<string, string> = new Map();
