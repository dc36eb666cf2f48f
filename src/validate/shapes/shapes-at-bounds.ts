import type { Node } from '../../onnx/model.ts';
import type { Fact, TensorFact } from './fact.ts';
import type { ShapedGraph, ShapedModel } from './shaped-model.ts';
import { evaluateSize } from './size/evaluate.ts';
import { keyOfName, type Size } from './size/size.ts';

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
  for (const [name, fact] of a.values) {
    if (!isSameTensor(fact, b.values.get(name))) return false;
  }
  for (const [node, inner] of a.inner) {
    const others = b.inner.get(node);
    if (others?.length !== inner.length) return false;
    if (!inner.every((graph, place) => haveSameShapes(graph, others[place] as ShapedGraph))) return false;
  }
  return true;
}

function isSameTensor(a: Fact, b: Fact | undefined): boolean {
  if (a.kind !== 'tensor' || b?.kind !== 'tensor' || a.elementType !== b.elementType) return false;
  return a.shape?.length === b.shape?.length && (a.shape?.every((size, axis) => size === b.shape?.[axis]) ?? false);
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
  for (const fact of values.values()) if (fact.kind === 'tensor' && fact.shape) yield* fact.shape;
  for (const graphs of inner.values()) for (const graph of graphs) yield* sizesIn(graph);
}

function symbolsOf(size: Size): readonly string[] {
  if (typeof size === 'number') return [];
  return size.terms.flatMap(({ factors }) =>
    factors.flatMap((atom) => (atom.kind === 'symbol' ? [atom.key] : atom.operands.flatMap(symbolsOf))),
  );
}

class Settling {
  readonly #values: ReadonlyMap<string, number>;
  readonly #sizes = new Map<Size, number | null>();
  /** Calls with the same arguments share a graph, and go on sharing it. */
  readonly #graphs = new Map<ShapedGraph, ShapedGraph | null>();

  constructor(bounds: ReadonlyMap<string, number>) {
    this.#values = new Map([...bounds].map(([name, most]) => [keyOfName(name), most]));
  }

  graph(symbolic: ShapedGraph): ShapedGraph | null {
    const known = this.#graphs.get(symbolic);
    if (known !== undefined) return known;
    const settled = this.#settle(symbolic);
    this.#graphs.set(symbolic, settled);
    return settled;
  }

  #settle(symbolic: ShapedGraph): ShapedGraph | null {
    const values = new Map<string, Fact>();
    for (const [name, fact] of symbolic.values) {
      const settled = this.#fact(fact);
      if (settled === null) return null;
      values.set(name, settled);
    }
    const inner = new Map<Node, readonly ShapedGraph[]>();
    for (const [node, graphs] of symbolic.inner) {
      const settled = graphs.map((graph) => this.graph(graph));
      if (!settled.every((graph) => graph !== null)) return null;
      inner.set(node, settled);
    }
    return { graph: symbolic.graph, path: symbolic.path, values, inner };
  }

  /** Texts have lengths beside their dimensions, and what is not a tensor has items. */
  #fact(fact: Fact): TensorFact | null {
    if (fact.kind !== 'tensor' || fact.shape === null || fact.elementType === 'string') return null;
    if (fact.shape.every((size) => typeof size === 'number')) return fact;
    const shape: number[] = [];
    for (const size of fact.shape) {
      const settled = typeof size === 'number' ? size : this.#size(size);
      if (settled === null) return null;
      shape.push(settled);
    }
    return { kind: 'tensor', elementType: fact.elementType, shape, elements: null, reason: null };
  }

  #size(size: Size): number | null {
    const known = this.#sizes.get(size);
    if (known !== undefined) return known;
    const settled = evaluateSize(size, this.#values);
    const possible = settled !== null && settled >= 0 ? settled : null;
    this.#sizes.set(size, possible);
    return possible;
  }
}
