import { nearest } from '../../../nouns/nearest.ts';
import { nodeLocation, operatorName } from '../describe.ts';
import type { Rule } from '../rule.ts';

export const rule: Rule = {
  id: 'structure/unknown-attribute',
  severity: 'error',
  title: 'Nodes have only attributes that their operator knows',
  explanation:
    'Attributes come and go between operator sets (the axes of Squeeze became an input in opset 13, for instance). The runtime refuses a node with an attribute that its operator does not have in the imported operator set.',
  mend: 'Import the operator set that the exporter wrote for; the opset may have been edited after the export.',
  source:
    'Runtime: "Unrecognized attribute" for every operator with a schema; names that begin with two underscores pass.',
  *check({ nodes }) {
    for (const at of nodes) {
      if (!at.schema || at.schema.takesAnyAttribute || !at.place.reached) continue;
      const known = [...at.schema.attributes.keys()];
      for (const { name } of at.node.attributes) {
        if (at.schema.attributes.has(name) || name.startsWith('__')) continue;
        yield {
          message: `${operatorName(at.node)} of opset ${at.schema.since} has no attribute "${name}"`,
          nearest: () => nearest(name, known),
          location: nodeLocation(at),
        };
      }
    }
  },
};
