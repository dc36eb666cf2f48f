import type { Attribute, Node } from '../../onnx/model.ts';
import type { ShapedGraph } from '../shapes/shaped-model.ts';
import { textOf } from '../shapes/size/size.ts';
import { Recent } from './recent.ts';

/** Nodes that take and make the same, whatever the bounds are. */
export interface AlikeNodes {
  readonly node: Node;
  readonly count: number;
}

/** The kinds of nodes of a graph as it was inferred without bounds; one that runs graphs is of a kind of its own. */
export function alikeNodes(symbolic: ShapedGraph): readonly AlikeNodes[] {
  return ALIKE.of(symbolic, '', () => {
    const { nodes } = symbolic.graph;
    const counts = new Map<number, number>();
    for (const place of firstAlike(nodes, alikeKeys(symbolic))) counts.set(place, (counts.get(place) ?? 0) + 1);
    return [...counts].map(([place, count]) => ({ node: nodes[place] as Node, count }));
  });
}

const ALIKE = new Recent<ShapedGraph, readonly AlikeNodes[]>(1);

/** For each node the place of the first that is like it. */
export function firstAlike(nodes: readonly Node[], keys: AlikeKeys): Int32Array {
  return firstWith(nodes, (node, place) => keys.ofNode(node) ?? String(place));
}

/** For each thing the place of the first that has the same key. */
export function firstWith<T>(things: readonly T[], keyOf: (thing: T, place: number) => string): Int32Array {
  const first = new Map<string, number>();
  return Int32Array.from(things, (thing, place) => {
    const key = keyOf(thing, place);
    const known = first.get(key) ?? place;
    first.set(key, known);
    return known;
  });
}

/** Of a graph as it was inferred without bounds. */
export function alikeKeys(symbolic: ShapedGraph): AlikeKeys {
  return KEYS.of(symbolic, '', () => new AlikeKeys(symbolic));
}

const KEYS = new Recent<ShapedGraph, AlikeKeys>(1);

/** Texts that are the same for values, and for nodes, that are alike at all bounds. */
class AlikeKeys {
  readonly #symbolic: ShapedGraph;
  readonly #weights: ReadonlySet<string>;
  readonly #byName = new Map<string, string>();
  readonly #byShape = new Map<string, string>();
  readonly #byNode = new Map<Node, string | null>();

  constructor(symbolic: ShapedGraph) {
    const { graph } = symbolic;
    this.#symbolic = symbolic;
    this.#weights = new Set('initializers' in graph ? graph.initializers.map(({ name }) => name) : []);
  }

  /** A short one for each combination of element type, dimensions, and whether it is stored. */
  ofValue(name: string): string {
    const known = this.#byName.get(name);
    if (known !== undefined) return known;
    const fact = this.#symbolic.values.get(name);
    const shape =
      fact?.kind === 'tensor' && fact.shape ? `${fact.elementType} ${fact.shape.map(textOf).join()}` : `value ${name}`;
    const text = `${shape}${this.#weights.has(name) ? ' stored' : ''}`;
    const key = this.#byShape.get(text) ?? String(this.#byShape.size);
    this.#byShape.set(text, key);
    this.#byName.set(name, key);
    return key;
  }

  /** `null` for a node that is like no other. */
  ofNode(node: Node): string | null {
    const known = this.#byNode.get(node);
    if (known !== undefined) return known;
    const key = this.#keyOf(node);
    this.#byNode.set(node, key);
    return key;
  }

  #keyOf(node: Node): string | null {
    const attributes = textOfAttributes(node.attributes);
    if (attributes === null || this.#symbolic.inner.has(node)) return null;
    const [taken, made] = [node.inputs, node.outputs].map((names) => names.map((name) => this.ofValue(name)).join());
    return `${node.domain}:${node.opType} ${attributes} ${taken} ${made}`;
  }
}

/** `null` where there is one that is not told by a short text. */
function textOfAttributes(attributes: readonly Attribute[]): string | null {
  const known = TEXTS.get(attributes);
  if (known !== undefined) return known;
  const texts = attributes.map(textOfAttribute);
  const text = texts.includes(null) ? null : texts.join(';');
  TEXTS.set(attributes, text);
  return text;
}

const TEXTS = new WeakMap<readonly Attribute[], string | null>();

function textOfAttribute({ name, reference, value }: Attribute): string | null {
  if (reference !== '') return null;
  switch (value.kind) {
    case 'int':
    case 'float':
      return `${name}=${value.value}`;
    case 'string':
      return `${name}=${Buffer.from(value.value).toString('hex')}`;
    case 'ints':
      return value.count <= MOST_NUMBERS ? `${name}=${value.values().join()}` : null;
    default:
      return null;
  }
}

/** Windows have a few for each axis. */
const MOST_NUMBERS = 64;
