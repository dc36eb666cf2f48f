import type { Attribute, AttributeValue, ElementType, Graph, Node, Tensor } from '../../onnx/model.ts';
import { Contradiction } from './contradiction.ts';
import type { Element, Fact, Sizes, TensorFact } from './fact.ts';
import { NoAnswer } from './no-answer.ts';
import { rangeOf } from './size/range.ts';
import type { Size } from './size/size.ts';

/** What the walk over a graph does for the rules of its nodes. */
export interface Services {
  /** A new size of which only this is known. */
  readonly freshSize: (reason: string, atMost: Size | null) => Size;
  /** The values of a small tensor that stands in the model; `null` where they are too many or cannot be had. */
  readonly readTensor: (tensor: Tensor) => readonly Element[] | null;
  readonly report: (node: Node, contradiction: Contradiction) => void;
  /** The outputs of a subgraph of the node for these inputs. */
  readonly inferSubgraph: (node: Node, graph: Graph, options: SubgraphOptions) => readonly Fact[];
  /** How many more nodes may be visited in this inference. */
  readonly visitsLeft: () => number;
  /** The attribute of the function call that a reference inside the function's body means. */
  readonly resolve: (reference: string) => Attribute | null;
}

export interface SubgraphOptions {
  readonly inputs: readonly Fact[];
  /** This graph is known not to run here: what is wrong in it is not reported. */
  readonly isDead?: boolean;
  /** Data decide whether this graph runs. */
  readonly isOptional?: boolean;
  /** This is another round through the same graph: its values are what all rounds have in common. */
  readonly isRepeated?: boolean;
}

export interface NodeFacts {
  readonly node: Node;
  /** Of the operator set that the node's domain is imported with. */
  readonly version: number;
  /** `null` for an input that is left out. */
  readonly inputs: readonly (Fact | null)[];
}

/** One node while its outputs are being inferred: all that a rule may ask. */
export class NodeContext {
  readonly node: Node;
  readonly version: number;
  readonly inputs: readonly (Fact | null)[];
  readonly services: Services;

  constructor({ node, version, inputs }: NodeFacts, services: Services) {
    this.node = node;
    this.version = version;
    this.inputs = inputs;
    this.services = services;
  }

  get outputCount(): number {
    return this.node.outputs.length;
  }

  has(index: number): boolean {
    return (this.inputs[index] ?? null) !== null;
  }

  /** Throws `NoAnswer` where the input is left out. */
  fact(index: number): Fact {
    const fact = this.inputs[index];
    if (!fact) throw new NoAnswer(`input ${index} of ${this.node.opType} is left out`);
    return fact;
  }

  /** Throws `NoAnswer` where nothing is known of the input, `Contradiction` where it is no tensor. */
  tensor(index: number): TensorFact {
    const fact = this.fact(index);
    if (fact.kind === 'tensor' || fact.kind === 'sparse-tensor') return fact;
    if (fact.kind === 'unknown') throw new NoAnswer(fact.reason);
    throw new Contradiction('an input is no tensor', { found: fact.kind, wanted: 'tensor', input: index });
  }

  /** `undefined` where it is not known. */
  elementType(index: number): ElementType {
    const fact = this.inputs[index];
    return fact?.kind === 'tensor' || fact?.kind === 'sparse-tensor' ? fact.elementType : 'undefined';
  }

  /** Throws `NoAnswer` where the rank is not known. */
  shape(index: number): Sizes {
    const { shape, reason } = this.tensor(index);
    if (shape === null) throw new NoAnswer(reason ?? 'its rank is not known');
    return shape;
  }

  /** The shape of an input that has this rank; throws `Contradiction` where it has another. */
  shapeOfRank(index: number, rank: number): Sizes {
    const shape = this.shape(index);
    if (shape.length !== rank) {
      throw new Contradiction('an input has the wrong rank', {
        found: `rank ${shape.length}`,
        wanted: `rank ${rank}`,
        input: index,
      });
    }
    return shape;
  }

  /** The shape of an input where it is given and known; never throws for want of knowledge. */
  shapeIfKnown(index: number): Sizes | null {
    const fact = this.inputs[index];
    return fact?.kind === 'tensor' ? fact.shape : null;
  }

  elements(index: number): readonly Element[] | null {
    const fact = this.inputs[index];
    return fact?.kind === 'tensor' ? fact.elements : null;
  }

  /** The most letters that a text of an input has; `null` where that is not bounded. */
  letters(index: number): number | null {
    const fact = this.inputs[index];
    return fact?.kind === 'tensor' ? (fact.letters ?? null) : null;
  }

  /** The single value of a scalar or of a tensor with one element. */
  scalar(index: number): Element {
    const elements = this.elements(index);
    return elements?.length === 1 ? (elements[0] ?? null) : null;
  }

  /** All values of an input as whole numbers, or `null` where one is not known to be. */
  integers(index: number): readonly number[] | null {
    const elements = this.elements(index);
    return elements?.every((element): element is number => Number.isInteger(element)) ? elements : null;
  }

  /** The values of an input that counts something; values that are not known, or might be negative, are fresh sizes. */
  counts(index: number, atMost: Size | null = null): readonly Size[] | null {
    const elements = this.elements(index);
    if (!elements) return null;
    return elements.map((element) => (element !== null && isCount(element) ? element : this.dependsOnData(atMost)));
  }

  /** The single size that an input has as its value. */
  count(index: number, atMost: Size | null = null): Size {
    return this.counts(index, atMost)?.[0] ?? this.dependsOnData(atMost);
  }

  /**
   * The sizes that an input lists: its values where they are known, else as many fresh sizes as it has elements. Throws
   * `NoAnswer` where not even their number is known.
   */
  sizesFrom(index: number): Sizes {
    const counts = this.counts(index);
    if (counts) return counts;
    const length = this.shapeIfKnown(index)?.[0];
    if (typeof length !== 'number' || length > MAX_RANK) throw this.dataDependence();
    return Array.from({ length }, () => this.dependsOnData());
  }

  attribute(name: string): AttributeValue | null {
    const attribute = this.node.attributes.find((candidate) => candidate.name === name);
    if (!attribute) return null;
    if (attribute.reference === '') return attribute.value;
    return this.services.resolve(attribute.reference)?.value ?? null;
  }

  int(name: string): number | null;
  int(name: string, otherwise: number): number;
  int(name: string, otherwise: number | null = null): number | null {
    const value = this.attribute(name);
    return value?.kind === 'int' ? Number(value.value) : otherwise;
  }

  flag(name: string, otherwise = false): boolean {
    return this.int(name, otherwise ? 1 : 0) !== 0;
  }

  float(name: string, otherwise: number): number {
    const value = this.attribute(name);
    return value?.kind === 'float' ? value.value : otherwise;
  }

  text(name: string, otherwise: string): string {
    const value = this.attribute(name);
    return value?.kind === 'string' ? Buffer.from(value.value).toString('utf8') : otherwise;
  }

  /** Throws `NoAnswer` for a list that is too long to read. */
  ints(name: string, longest: number = MAX_LIST): readonly number[] | null {
    const value = this.attribute(name);
    if (value?.kind !== 'ints') return null;
    if (value.count > longest) throw new NoAnswer(`attribute ${name} has ${value.count} values, more than ${longest}`);
    return value.values().map(Number);
  }

  /** How many values a list attribute has; 0 where it is left out. */
  listLength(name: string): number {
    const value = this.attribute(name);
    return value?.kind === 'ints' || value?.kind === 'floats' || value?.kind === 'strings' ? value.count : 0;
  }

  /** Throws `Contradiction` where the attribute is missing. */
  graph(name: string): Graph {
    const value = this.attribute(name);
    if (value?.kind !== 'graph') throw new Contradiction(`attribute ${name} is missing`, { wanted: 'a graph' });
    return value.value;
  }

  /** The outputs of the subgraph that an attribute holds. */
  subgraph(graph: Graph, options: SubgraphOptions): readonly Fact[] {
    return this.services.inferSubgraph(this.node, graph, options);
  }

  unknown(reason: string, atMost: Size | null = null): Size {
    return this.services.freshSize(reason, atMost);
  }

  /** A dimension that the values in this run decide. */
  dependsOnData(atMost: Size | null = null): Size {
    return this.unknown(`depends on data: ${this.node.opType}`, atMost);
  }

  /** Notes a contradiction after which the rule can still answer. */
  report(contradiction: Contradiction): void {
    this.services.report(this.node, contradiction);
  }

  /** To be thrown where the values in this run decide even the rank. */
  dataDependence(): NoAnswer {
    return new NoAnswer(`depends on data: ${this.node.opType}`);
  }
}

/** No runtime has kernels for tensors of more dimensions than this, and most stop at 8. */
export const MAX_RANK = 64;

/** Lists that shape anything have a handful of entries for each axis, and tree ensembles are counted, not read. */
const MAX_LIST = 4096;

/** Every name of the model counted as at least 1: an expression such as `sequence - 1` is what an exporter wrote for a size. */
function isCount(element: Size): boolean {
  if (typeof element === 'number') return Number.isSafeInteger(element) && element >= 0;
  return rangeOf(element, { symbolsAtLeast: 1 }).least >= 0;
}
