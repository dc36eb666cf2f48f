import type { Graph, Node } from '../../../onnx/model.ts';
import { nodeLocation, operatorName } from '../describe.ts';
import { subgraphsOf } from '../graph-places.ts';
import type { Rule } from '../rule.ts';

export const rule: Rule = {
  id: 'structure/subgraph-signature',
  severity: 'error',
  title: 'Subgraphs take and give as many values as their node hands over',
  explanation:
    'The branches of If take no inputs and give what If gives. The body of Loop takes the iteration, the condition and the carried values, and gives the condition, the carried values and the scan outputs. The body of Scan takes its states and slices.',
  mend: 'Let the exporter write the subgraph; when editing by hand, change node and subgraph together.',
  source: 'ONNX operators If, Loop, Scan. The runtime: "Size mismatch validating subgraph inputs".',
  *check({ nodes }) {
    for (const at of nodes) {
      const wants = at.node.domain === '' ? SIGNATURES[at.node.opType] : undefined;
      if (!wants || !at.schema || !at.place.reached) continue;
      const trouble = at.node.opType === 'Scan' ? scanTrouble(at.node, at.schema.since) : undefined;
      if (trouble) yield { message: `Scan "${at.label}" ${trouble}`, location: nodeLocation(at) };
      for (const [attribute, graph] of subgraphsOf(at.node)) {
        const message = mismatch(graph, wants(at.node, at.schema.since));
        if (message) {
          yield {
            message: `${operatorName(at.node)} "${at.label}": its ${attribute.name} ${message}`,
            location: nodeLocation(at),
          };
        }
      }
    }
  },
};

interface Signature {
  readonly inputs: number;
  readonly outputs: number;
}

type SignatureOf = (node: Node, since: number) => Signature;

const SIGNATURES: Readonly<Record<string, SignatureOf>> = {
  If: (node) => ({ inputs: 0, outputs: node.outputs.length }),
  Loop: (node) => ({ inputs: Math.max(node.inputs.length, 2), outputs: node.outputs.length + 1 }),
  // Scan of opset 8 has a first input of sequence lengths, which is not handed on.
  Scan: (node, since) => ({ inputs: node.inputs.length - (since < 9 ? 1 : 0), outputs: node.outputs.length }),
};

/** Scan's inputs are its states, then `num_scan_inputs` that are cut into slices; its first outputs are the states again. */
function scanTrouble(node: Node, since: number): string | undefined {
  const value = node.attributes.find(({ name }) => name === 'num_scan_inputs')?.value;
  if (value?.kind !== 'int') return undefined;
  const inputs = node.inputs.length - (since < 9 ? 1 : 0);
  const states = BigInt(inputs) - value.value;
  if (states < 0n) return `has num_scan_inputs ${value.value} and ${inputs} inputs`;
  const outputs = node.outputs.length;
  return states > BigInt(outputs) ? `has ${states} states and ${outputs} outputs` : undefined;
}

function mismatch(graph: Graph, wanted: Signature): string | undefined {
  const given = new Set(graph.initializers.map((tensor) => tensor.name));
  const required = graph.inputs.filter((input) => !given.has(input.name)).length;
  const [all, outputs] = [graph.inputs.length, graph.outputs.length];
  if (wanted.inputs !== all && wanted.inputs !== required)
    return `takes ${all} inputs; the node hands over ${wanted.inputs}`;
  return outputs === wanted.outputs ? undefined : `gives ${outputs} outputs; the node wants ${wanted.outputs}`;
}
