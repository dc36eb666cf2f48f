import type { Attribute, Node } from '../../onnx/model.ts';
import type { Fact } from './fact.ts';
import type { Inference } from './inference.ts';
import type { Services } from './node-context.ts';
import type { ShapedGraph } from './shaped-model.ts';

/** A graph while it is walked: what its names mean. */
export interface Scope {
  readonly inference: Inference;
  readonly path: string;
  readonly values: Map<string, Fact>;
  readonly inner: Map<Node, readonly ShapedGraph[]>;
  /** The graph around this one, whose values it sees. */
  readonly parent: Scope | null;
  /** Versions by domain. */
  readonly opsets: ReadonlyMap<string, number>;
  /** What a reference to an attribute means inside a function. */
  readonly attributes: ReadonlyMap<string, Attribute>;
  /** Functions that are being called, outermost first. */
  readonly calls: readonly string[];
  readonly depth: number;
  readonly services: Services;
}

/** The fact of a name in this graph or one around it; `null` where nothing has that name. */
export function lookUp(scope: Scope, name: string): Fact | null {
  for (let at: Scope | null = scope; at; at = at.parent) {
    const fact = at.values.get(name);
    if (fact) return fact;
  }
  return null;
}
