import type { OperatorFacts } from '../../nouns/model-summary.ts';
import type { Node } from '../../onnx/model.ts';
import { operatorName } from '../rules/describe.ts';
import { type GraphPlace, subgraphsOf } from '../rules/graph-places.ts';
import { heldWeights } from './held-weights.ts';

/**
 * Operators by number and by the parameters that they consume. A weight goes to the first operator that meets it together
 * with data; what only reshapes, casts or dequantizes weights on the way hands them on.
 */
export function operatorFacts(places: readonly GraphPlace[]): OperatorFacts {
  const counts = new Map<string, number>();
  const parameters = new Map<string, number>();
  const scopes = new Map<GraphPlace, Scope>();
  for (const place of places) {
    const scope = scopeOf(place, place.outer === null ? null : (scopes.get(place.outer) ?? null));
    scopes.set(place, scope);
    for (const node of place.nodes) {
      const operator = operatorName(node);
      add(counts, operator, 1);
      const own = scope.attributes.get(node) ?? 0;
      if (hasOnlyConstants(node, scope)) handOn(node, scope, own);
      else add(parameters, operator, own + node.inputs.reduce((sum, name) => sum + take(scope, name), 0));
    }
  }
  return {
    counts: mostFirst(counts),
    parameters: mostFirst(new Map([...parameters].filter(([, count]) => count > 0))),
    parametersWithoutOperator: [...scopes.values()].reduce((sum, scope) => sum + rest(scope), 0),
  };
}

interface Scope {
  /** Parameters that come with a value which depends on nothing but weights, until an operator takes them. */
  readonly constants: Map<string, number>;
  /** Parameters in the attributes of a node. */
  readonly attributes: ReadonlyMap<Node, number>;
  readonly outer: Scope | null;
}

function scopeOf(place: GraphPlace, outer: Scope | null): Scope {
  const constants = new Map<string, number>();
  const attributes = new Map<Node, number>();
  for (const { node, name, parameters } of heldWeights(place)) {
    if (node) attributes.set(node, (attributes.get(node) ?? 0) + parameters);
    else constants.set(name, parameters);
  }
  return { constants, attributes, outer };
}

function hasOnlyConstants(node: Node, scope: Scope): boolean {
  if (node.opType === 'Constant') return true;
  const inputs = node.inputs.filter((name) => name !== '');
  if (inputs.length === 0 || [...subgraphsOf(node)].length > 0) return false;
  return inputs.every((name) => holderOf(scope, name) !== null);
}

function handOn(node: Node, scope: Scope, own: number): void {
  const carried = node.inputs.reduce((sum, name) => sum + take(scope, name), own);
  for (const [index, name] of node.outputs.entries())
    if (name !== '') scope.constants.set(name, index === 0 ? carried : 0);
}

function holderOf(scope: Scope, name: string): Scope | null {
  for (let at: Scope | null = scope; at !== null; at = at.outer) if (at.constants.has(name)) return at;
  return null;
}

/** The parameters of a value, which are then spoken for. */
function take(scope: Scope, name: string): number {
  const holder = name === '' ? null : holderOf(scope, name);
  const parameters = holder?.constants.get(name) ?? 0;
  holder?.constants.set(name, 0);
  return parameters;
}

function rest(scope: Scope): number {
  return [...scope.constants.values()].reduce((sum, parameters) => sum + parameters, 0);
}

function add(counts: Map<string, number>, name: string, count: number): void {
  counts.set(name, (counts.get(name) ?? 0) + count);
}

function mostFirst(counts: ReadonlyMap<string, number>): Readonly<Record<string, number>> {
  return Object.fromEntries([...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)));
}
