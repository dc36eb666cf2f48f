import { locationOf } from '../describe.ts';
import { type GraphPlace, nodeLabel } from '../graph-places.ts';
import type { Rule } from '../rule.ts';
import { givenNames, producers } from '../value-scope.ts';

export const rule: Rule = {
  id: 'structure/shadowed-value',
  severity: 'error',
  title: 'No node in a subgraph defines a name of the graph around it',
  explanation:
    'A subgraph sees the values of the graphs around it, so a name that both define has two meanings. The runtime refuses a node output that hides an outer value; inputs and initializers of a subgraph that do so pass, and still mislead readers.',
  mend: 'Rename the value inside the subgraph.',
  source:
    'ONNX specification, Graphs: SSA holds for a graph and all its subgraphs. The runtime checks the outputs of nodes.',
  *check({ places }) {
    for (const place of places) {
      if (!place.outer || !place.reached) continue;
      for (const name of givenNames(place)) {
        if (name === '' || !isVisible(place, name)) continue;
        const message = `"${name}", given to the subgraph, hides a value of the graph around it`;
        yield { message, location: locationOf(place, { tensor: name }), severity: 'note' };
      }
      for (const [name, index] of producers(place)) {
        const node = place.nodes[index];
        if (!node || !isVisible(place, name)) continue;
        yield {
          message: `node "${nodeLabel(node, index)}" in a subgraph defines "${name}", which the graph around it defines too`,
          location: locationOf(place, { node: nodeLabel(node, index), tensor: name }),
        };
      }
    }
  },
};

/** Whether a graph around `place` has defined the name before the node that carries `place`. */
function isVisible(place: GraphPlace, name: string): boolean {
  for (let inner = place; inner.outer !== null; inner = inner.outer) {
    const scope = scopeOf(inner.outer);
    if (scope.given.has(name)) return true;
    const producer = scope.producers.get(name);
    if (producer !== undefined && inner.owner !== null && producer < (scope.indexes.get(inner.owner) ?? 0)) return true;
  }
  return false;
}

interface Scope {
  readonly given: ReadonlySet<string>;
  readonly producers: ReadonlyMap<string, number>;
  readonly indexes: ReadonlyMap<object, number>;
}

/** Kept per place: each is asked once for every name of every subgraph inside it. */
const scopes = new WeakMap<GraphPlace, Scope>();

function scopeOf(place: GraphPlace): Scope {
  let scope = scopes.get(place);
  if (!scope) {
    const indexes = new Map(place.nodes.map((node, index) => [node, index] as const));
    scope = { given: givenNames(place), producers: producers(place), indexes };
    scopes.set(place, scope);
  }
  return scope;
}
