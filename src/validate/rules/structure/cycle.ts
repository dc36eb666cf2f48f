import { firstFew, locationOf } from '../describe.ts';
import { nodeLabel } from '../graph-places.ts';
import { orderingOf } from '../node-order.ts';
import type { Rule } from '../rule.ts';

export const rule: Rule = {
  id: 'structure/cycle',
  severity: 'error',
  title: 'No node depends on its own output',
  explanation:
    'Values flow one way through a graph, so that there is an order in which the nodes can run. Repetition is written with Loop or Scan, whose bodies are graphs of their own.',
  mend: 'Find the edge that leads back; it is usually a value that was renamed by hand.',
  source: 'ONNX specification, Graphs: nodes form a directed acyclic graph. The runtime: "the graph is not acyclic".',
  *check({ places }) {
    for (const place of places) {
      const cycle = place.reached ? orderingOf(place).cycle : null;
      if (!cycle) continue;
      const labels = cycle.map((index) => `"${labelAt(place.nodes, index)}"`);
      const first = cycle[0] ?? 0;
      yield {
        message:
          labels.length === 1
            ? `node ${labels[0]} reads its own output`
            : `${labels.length} nodes feed each other in a circle: ${firstFew(labels, 5)}`,
        location: locationOf(place, { node: labelAt(place.nodes, first) }),
      };
    }
  },
};

function labelAt(
  nodes: Parameters<typeof nodeLabel>[0][] | readonly Parameters<typeof nodeLabel>[0][],
  index: number,
): string {
  const node = nodes[index];
  return node ? nodeLabel(node, index) : String(index);
}
