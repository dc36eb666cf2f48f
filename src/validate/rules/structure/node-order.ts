import { locationOf } from '../describe.ts';
import { nodeLabel } from '../graph-places.ts';
import { orderingOf } from '../node-order.ts';
import type { Rule } from '../rule.ts';

export const rule: Rule = {
  id: 'structure/node-order',
  severity: 'warning',
  title: 'Nodes stand in the order in which they can run',
  explanation:
    'The specification wants each value defined before the node that reads it. The runtime sorts the nodes of the main graph itself and so accepts any order there, but refuses it inside subgraphs and functions; other readers refuse it everywhere.',
  mend: 'Sort the nodes topologically, or export with a newer exporter.',
  source: 'ONNX specification, Graphs: the node list is topologically sorted. The runtime refuses unsorted subgraphs.',
  *check({ places }) {
    for (const place of places) {
      const { early, cycle } = orderingOf(place);
      if (cycle || !place.reached) continue;
      for (const { index, name, definedBy } of early) {
        const [reader, definer] = [place.nodes[index], place.nodes[definedBy]];
        if (!reader || !definer) continue;
        const readsItself = reader.inputs.includes(name);
        const label = nodeLabel(reader, index);
        yield {
          message: `node "${label}" reads "${name}" before node "${nodeLabel(definer, definedBy)}" defines it`,
          location: locationOf(place, { node: label, tensor: name }),
          severity: place.kind !== 'main' && readsItself ? 'error' : 'warning',
        };
      }
    }
  },
};
