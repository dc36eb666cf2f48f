import type { Graph, LocalFunction, Model, Node } from '../../onnx/model.ts';
import type { Fact } from './fact.ts';
import type { Size } from './size/size.ts';

/** What is known of values, by name. */
export interface Facts extends Iterable<readonly [string, Fact]> {
  readonly size: number;
  get(name: string): Fact | undefined;
  has(name: string): boolean;
}

/** The values of one graph, and of the graphs within it. */
export interface ShapedGraph {
  readonly graph: Graph | LocalFunction;
  /** As in a finding's location: empty for the main graph. */
  readonly path: string;
  /** By name: inputs, initializers and outputs of nodes; values of outer graphs stand with those. */
  readonly values: Facts;
  /**
   * What a node runs inside: its subgraphs, or the function that it calls. Calls with the same arguments share one, so sizes
   * that depend on data carry the same name there.
   */
  readonly inner: ReadonlyMap<Node, readonly ShapedGraph[]>;
  /** A branch of an `If` whose condition is known to take the other one. */
  readonly isDead?: boolean;
  /** Where all sizes are those of another inference, with numbers for names. */
  readonly settled?: Settled;
}

export interface Settled {
  readonly from: ShapedGraph;
  /** `null` where these numbers do not settle it. */
  readonly sizeOf: (size: Size) => number | null;
}

export type ConflictKind =
  /** An operator cannot take its inputs. */
  | 'operator'
  /** What the file declares of a value is not what comes out. */
  | 'declaration';

/** Two things that the model says and that cannot both hold. */
export interface Conflict {
  readonly kind: ConflictKind;
  /** Path of the graph. */
  readonly graph: string;
  readonly node: Node;
  /** The tensor at fault, where it is one. */
  readonly tensor: string | null;
  readonly message: string;
  readonly found: string | null;
  readonly wanted: string | null;
  /** Data decide whether the graph that it is in runs. */
  readonly isOptional: boolean;
}

/** A model and the type and shape of every value in it. */
export interface ShapedModel extends ShapedGraph {
  readonly model: Model;
  readonly conflicts: readonly Conflict[];
  /** More were found than are kept. */
  readonly hasMoreConflicts: boolean;
  /** Operators that no rule and no function of the model is for: `domain:name` to how often they stand. */
  readonly operatorsWithoutRule: ReadonlyMap<string, number>;
}
