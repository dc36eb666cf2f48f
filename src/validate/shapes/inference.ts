import { axisBounds } from '../../nouns/axis-bound.ts';
import type { Graph, LocalFunction, Model, Node, Tensor, ValueType } from '../../onnx/model.ts';
import type { Contradiction } from './contradiction.ts';
import { renderDeclared } from './declared.ts';
import { type Element, type Fact, renderFact, tensor, tensorOfUnknownShape } from './fact.ts';
import type { InferenceLimits } from './limits.ts';
import { type PreparedGraph, prepareGraph } from './prepare-graph.ts';
import type { Conflict, ShapedGraph } from './shaped-model.ts';
import { parseDimensionName } from './size/parse-name.ts';
import { namedSize, type Size, unknownSize } from './size/size.ts';

export interface InferenceOptions {
  readonly limits: InferenceLimits;
  readonly bounds: ReadonlyMap<string, number>;
  readonly readTensor: (tensor: Tensor) => readonly Element[] | null;
  readonly trustDeclarations: boolean;
  /** Initializers of the main graph whose values a request may replace; until version 4 of the format none. */
  readonly overridable: ReadonlySet<string>;
  /** Nodes in the file, all graphs and functions counted. */
  readonly nodeCount: number;
}

/** The outcome of a function call, kept for the next call with the same arguments. */
export interface KnownCall {
  readonly outputs: readonly Fact[];
  readonly graph: ShapedGraph;
  /** Serials of unknown sizes that were made within. */
  readonly serials: { readonly after: number; readonly upTo: number };
}

/** Opening a graph costs as much as visiting a few nodes. */
const VISITS_OF_A_WALK = 4;

/** What one inference over a model counts and collects, from its first node to its last. */
export class Inference {
  readonly model: Model;
  readonly options: InferenceOptions;
  readonly calls = new Map<string, KnownCall>();
  readonly operatorsWithoutRule = new Map<string, number>();
  readonly #conflicts = new Map<string, Conflict>();
  #hasMoreConflicts = false;
  #serial = 0;
  #visits = 0;
  #followed = 0;
  #deadDepth = 0;
  #optionalDepth = 0;
  readonly #identities = new WeakMap<object, number>();
  #lastIdentity = 0;
  readonly #prepared = new Map<Graph | LocalFunction, PreparedGraph>();

  readonly #functions: ReadonlyMap<string, LocalFunction>;
  readonly #axisBounds: ReturnType<typeof axisBounds>;

  constructor(model: Model, options: InferenceOptions) {
    this.model = model;
    this.options = options;
    this.#axisBounds = axisBounds(options.bounds);
    this.#functions = new Map(
      model.functions.map((body) => [functionKey(body.domain, body.name, body.overload), body]),
    );
  }

  /** The function of the model that a node calls, `null` where it is an operator. */
  functionFor({ domain, opType, overload }: Node): LocalFunction | null {
    return this.#functions.size === 0 ? null : (this.#functions.get(functionKey(domain, opType, overload)) ?? null);
  }

  /** What a dimension's name stands for: its bound, or the name itself, which may be arithmetic over others. */
  sizeOfName(name: string): Size {
    const { bounds } = this.options;
    const sizeOf = (part: string) => bounds.get(part) ?? namedSize(part);
    return bounds.get(name) ?? parseDimensionName(name, sizeOf);
  }

  /** Whether any dimension is bounded by its place. */
  get hasAxisBounds(): boolean {
    return this.#axisBounds.size > 0;
  }

  /** The user's bounds for dimensions of a value, by axis. */
  boundsOfAxes(value: string): ReadonlyMap<number, number> | undefined {
    return this.#axisBounds.get(value);
  }

  get conflicts(): readonly Conflict[] {
    return [...this.#conflicts.values()];
  }

  get hasMoreConflicts(): boolean {
    return this.#hasMoreConflicts;
  }

  get serial(): number {
    return this.#serial;
  }

  freshSize(reason: string, atMost: Size | null = null): Size {
    return unknownSize(++this.#serial, { reason, atMost });
  }

  visitsLeft(): number {
    return this.options.nodeCount + this.options.limits.extraVisits - this.#visits;
  }

  /** Counts a visit to a node; `false` where the limit is reached. */
  visit(): boolean {
    return ++this.#visits <= this.options.nodeCount + this.options.limits.extraVisits;
  }

  /** The nodes of a graph in order, and what it declares; found once however often it is walked. */
  prepare(graph: Graph | LocalFunction): PreparedGraph {
    this.#visits += VISITS_OF_A_WALK;
    const known = this.#prepared.get(graph) ?? prepareGraph(graph);
    this.#prepared.set(graph, known);
    return known;
  }

  /** The fact, its shape dropped where it has more dimensions than anything can compute with. */
  possible(fact: Fact): Fact {
    const { rank } = this.options.limits;
    if (fact.kind !== 'tensor' || !fact.shape || fact.shape.length <= rank) return fact;
    return tensorOfUnknownShape(fact.elementType, `more dimensions than ${rank}`);
  }

  /** The fact, its values dropped once enough of them have been followed. */
  follow(fact: Fact): Fact {
    if (fact.kind !== 'tensor' || !fact.elements) return fact;
    this.#followed += fact.elements.length;
    return this.#followed <= this.options.limits.followedElements ? fact : { ...fact, elements: null };
  }

  /** A number for an object of the model, always the same one. */
  identify(part: object): number {
    const known = this.#identities.get(part) ?? ++this.#lastIdentity;
    this.#identities.set(part, known);
    return known;
  }

  noteMissingRule(operator: string): void {
    this.operatorsWithoutRule.set(operator, (this.operatorsWithoutRule.get(operator) ?? 0) + 1);
  }

  /** Runs something whose conflicts do not count, because it will not run, or say less, because it may not. */
  within<T>({ isDead, isOptional }: { readonly isDead: boolean; readonly isOptional: boolean }, work: () => T): T {
    this.#deadDepth += Number(isDead);
    this.#optionalDepth += Number(isOptional);
    try {
      return work();
    } finally {
      this.#deadDepth -= Number(isDead);
      this.#optionalDepth -= Number(isOptional);
    }
  }

  reportContradiction(place: { readonly graph: string; readonly node: Node }, { message, facts }: Contradiction): void {
    const tensorName = facts.input === undefined ? null : (place.node.inputs[facts.input] ?? null);
    this.#report({
      kind: 'operator',
      ...place,
      tensor: tensorName,
      message,
      found: facts.found ?? null,
      wanted: facts.wanted ?? null,
    });
  }

  reportDeclaration(
    place: { readonly graph: string; readonly node: Node; readonly tensor: string },
    { what, declared, inferred }: { readonly what: string; readonly declared: ValueType; readonly inferred: Fact },
  ): void {
    const message = `the declared ${what} is not what ${place.node.opType} gives`;
    this.#report({
      kind: 'declaration',
      ...place,
      message,
      found: renderDeclared(declared),
      wanted: renderFact(inferred),
    });
  }

  #report(found: Omit<Conflict, 'isOptional'>): void {
    if (this.#deadDepth > 0) return;
    const conflict = { ...found, isOptional: this.#optionalDepth > 0 };
    const key = [conflict.graph, conflict.node.name, conflict.node.outputs[0], conflict.tensor, conflict.message].join(
      '\n',
    );
    if (this.#conflicts.has(key)) return;
    if (this.#conflicts.size >= this.options.limits.conflicts) this.#hasMoreConflicts = true;
    else this.#conflicts.set(key, conflict);
  }

  /** An initializer: its values are read when a rule asks for them, once. */
  initializer(stored: Tensor): Fact {
    const bare = this.possible(tensor(stored.elementType, stored.dims));
    if (bare.kind !== 'tensor' || !bare.shape) return bare;
    let elements: readonly Element[] | null | undefined;
    const { readTensor } = this.options;
    return {
      ...bare,
      get elements() {
        if (elements === undefined) elements = readTensor(stored);
        return elements;
      },
    };
  }
}

function functionKey(domain: string, name: string, overload: string): string {
  return JSON.stringify([domain, name, overload]);
}
