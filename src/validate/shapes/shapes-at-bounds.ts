import type { Node } from '../../onnx/model.ts';
import type { Fact } from './fact.ts';
import type { Facts, Settled, ShapedGraph, ShapedModel } from './shaped-model.ts';
import { evaluateSize } from './size/evaluate.ts';
import { type Expression, keyOfName, type Size } from './size/size.ts';

/**
 * A model that was inferred without bounds, at these ones: each size worked out from its expression, which costs a small part of
 * another inference. `null` where a value has a size that bounds of names alone do not settle; then only inference can tell. Values of
 * small tensors are not carried along.
 */
export function shapesAtBounds(symbolic: ShapedModel, bounds: ReadonlyMap<string, number>): ShapedModel | null {
  const shaped = new Settling(bounds).graph(symbolic);
  return shaped && { ...symbolic, ...shaped };
}

/** Whether two inferences of one model agree on the type and the dimensions of every value. */
export function haveSameShapes(a: ShapedGraph, b: ShapedGraph): boolean {
  if (a.values.size !== b.values.size || a.inner.size !== b.inner.size) return false;
  // Facts of what is settled are not made for this.
  const { from = a, sizeOf = (size: Size) => size } = a.settled ?? {};
  for (const [name, fact] of from.values) {
    if (!isSameTensor(fact, b.values.get(name), sizeOf)) return false;
  }
  for (const [node, inner] of a.inner) {
    const others = b.inner.get(node);
    if (others?.length !== inner.length) return false;
    if (!inner.every((graph, place) => haveSameShapes(graph, others[place] as ShapedGraph))) return false;
  }
  return true;
}

function isSameTensor(a: Fact, b: Fact | undefined, sizeOf: (size: Size) => Size | null): boolean {
  if (a.kind !== 'tensor' || b?.kind !== 'tensor' || a.elementType !== b.elementType) return false;
  return (
    a.shape?.length === b.shape?.length && (a.shape?.every((size, axis) => sizeOf(size) === b.shape?.[axis]) ?? false)
  );
}

/** Keys of dimensions' names that sizes are only multiples of: none is a sum, a quotient or an extreme that they are part of. */
export function namesOfMultiples(symbolic: ShapedGraph): ReadonlySet<string> {
  const names = new Set<string>();
  const others = new Set<string>();
  const seen = new Set<Size>();
  for (const size of sizesIn(symbolic)) {
    if (seen.has(size)) continue;
    seen.add(size);
    for (const name of symbolsOf(size)) names.add(name);
    if (typeof size === 'number') continue;
    const isMultiple = size.terms.length === 1 && size.terms[0]?.factors.every(({ kind }) => kind === 'symbol');
    if (!isMultiple) for (const name of symbolsOf(size)) others.add(name);
  }
  return new Set([...names].filter((name) => !others.has(name)));
}

function* sizesIn({ values, inner }: ShapedGraph): Iterable<Size> {
  for (const [, fact] of values) if (fact.kind === 'tensor' && fact.shape) yield* fact.shape;
  for (const graphs of inner.values()) for (const graph of graphs) yield* sizesIn(graph);
}

function symbolsOf(size: Size): readonly string[] {
  if (typeof size === 'number') return [];
  return size.terms.flatMap(({ factors }) =>
    factors.flatMap((atom) => (atom.kind === 'symbol' ? [atom.key] : atom.operands.flatMap(symbolsOf))),
  );
}

class Settling {
  readonly #numbers: ReadonlyMap<string, number>;
  /** By the texts of what they are made of. */
  readonly #sizes = new Map<string, number | null>();
  /** Calls with the same arguments share a graph, and go on sharing it. */
  readonly #graphs = new Map<ShapedGraph, ShapedGraph | null>();

  constructor(bounds: ReadonlyMap<string, number>) {
    this.#numbers = new Map([...bounds].map(([name, most]) => [keyOfName(name), most]));
  }

  graph(symbolic: ShapedGraph): ShapedGraph | null {
    const known = this.#graphs.get(symbolic);
    if (known !== undefined) return known;
    const settled = this.#settle(symbolic);
    this.#graphs.set(symbolic, settled);
    return settled;
  }

  #settle(symbolic: ShapedGraph): ShapedGraph | null {
    const sizes = expressionsOf(symbolic);
    const sizeOf = (size: Size) => this.#size(size);
    if (sizes === null || sizes.some((size) => this.#size(size) === null)) return null;
    const inner = new Map<Node, readonly ShapedGraph[]>();
    for (const [node, graphs] of symbolic.inner) {
      const settled = graphs.map((graph) => this.graph(graph));
      if (!settled.every((graph) => graph !== null)) return null;
      inner.set(node, settled);
    }
    return settledGraph({ ...symbolic, inner }, { from: symbolic, sizeOf });
  }

  #size(size: Size): number | null {
    if (typeof size === 'number') return size;
    const known = this.#sizes.get(size.text);
    if (known !== undefined) return known;
    const settled = evaluateSize(size, this.#numbers);
    const possible = settled !== null && settled >= 0 ? settled : null;
    this.#sizes.set(size.text, possible);
    return possible;
  }
}

/** A graph whose sizes are all settled so, with the values of these expressions. */
export function settledGraph(symbolic: ShapedGraph, settled: Settled): ShapedGraph {
  return { ...symbolic, values: new SettledFacts(symbolic.values, settled), settled };
}

/** Searches look at few of the values of most bounds. */
class SettledFacts implements Facts {
  readonly #symbolic: Facts;
  readonly #settled: Settled;
  readonly #known = new Map<string, Fact>();

  constructor(symbolic: Facts, settled: Settled) {
    this.#symbolic = symbolic;
    this.#settled = settled;
  }

  get size(): number {
    return this.#symbolic.size;
  }

  get(name: string): Fact | undefined {
    const known = this.#known.get(name);
    if (known) return known;
    const fact = this.#symbolic.get(name);
    if (!fact) return undefined;
    const settled = this.#settle(fact);
    this.#known.set(name, settled);
    return settled;
  }

  has(name: string): boolean {
    return this.#symbolic.has(name);
  }

  *[Symbol.iterator](): Iterator<readonly [string, Fact]> {
    for (const [name, fact] of this.#symbolic) yield [name, this.#known.get(name) ?? this.#settle(fact)];
  }

  #settle(fact: Fact): Fact {
    if (fact.kind !== 'tensor' || fact.shape === null || fact.shape.every((size) => typeof size === 'number'))
      return fact;
    const shape = fact.shape.map((size) => this.#settled.sizeOf(size) ?? size);
    return { kind: 'tensor', elementType: fact.elementType, shape, elements: null, reason: null };
  }
}

/** The sizes of a graph's values that are no numbers, each once; `null` where bounds of names do not settle a value. */
function expressionsOf(symbolic: ShapedGraph): readonly Expression[] | null {
  const known = EXPRESSIONS.get(symbolic);
  if (known !== undefined) return known;
  const found = findExpressions(symbolic.values);
  EXPRESSIONS.set(symbolic, found);
  return found;
}

const EXPRESSIONS = new WeakMap<ShapedGraph, readonly Expression[] | null>();

/** Texts have lengths beside their dimensions, and what is not a tensor has items. */
function findExpressions(values: Facts): readonly Expression[] | null {
  const found = new Map<string, Expression>();
  for (const [, fact] of values) {
    if (fact.kind !== 'tensor' || fact.shape === null || fact.elementType === 'string') return null;
    for (const size of fact.shape) if (typeof size !== 'number') found.set(size.text, size);
  }
  return [...found.values()];
}
