import { nearest } from '../../../nouns/nearest.ts';
import { nodeLocation } from '../describe.ts';
import type { GraphPlace } from '../graph-places.ts';
import type { Rule } from '../rule.ts';
import { givenNames, producers } from '../value-scope.ts';

/** Comparing names costs some microseconds each, and a graph may have a hundred thousand. */
const NAMES_COMPARED = 5000;

export const rule: Rule = {
  id: 'structure/undefined-value',
  severity: 'error',
  title: 'Every input of a node is defined somewhere',
  explanation:
    'A node reads values by name: graph inputs, initializers, outputs of other nodes, and inside a subgraph also values of the graphs around it. A name that nothing defines is a weight that got lost, or a graph that was cut in the wrong place.',
  mend: 'Export again with all weights, or name the value as a graph input when cutting a model into parts.',
  source: 'ONNX specification, Graphs. The runtime: "is not a graph input, initializer, or output of a previous node".',
  *check({ places, nodes }) {
    const defined = definedNames(places);
    for (const at of nodes) {
      if (!at.place.reached) continue;
      for (const name of at.node.inputs) {
        if (name === '' || isDefined(at.place, name, defined)) continue;
        yield {
          message: `node "${at.label}" reads "${name}", which nothing defines`,
          nearest: () => nearest(name, [...(defined.get(at.place) ?? [])].slice(0, NAMES_COMPARED)),
          location: nodeLocation(at, { tensor: name }),
        };
      }
    }
  },
};

type Names = ReadonlyMap<GraphPlace, ReadonlySet<string>>;

function definedNames(places: readonly GraphPlace[]): Names {
  return new Map(places.map((place) => [place, new Set([...givenNames(place), ...producers(place).keys()])]));
}

function isDefined(place: GraphPlace, name: string, defined: Names): boolean {
  for (let here: GraphPlace | null = place; here !== null; here = here.outer) {
    if (defined.get(here)?.has(name)) return true;
  }
  return false;
}
