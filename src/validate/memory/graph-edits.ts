import type { Attribute, Graph, Node } from '../../onnx/model.ts';
import { capturedBy } from './execution-order.ts';

/** Who takes each value of a graph, once for each time; `output` where the graph gives it. Graphs within nodes count as their nodes. */
export function usesOf(graph: Pick<Graph, 'nodes' | 'outputs'>): ReadonlyMap<string, readonly (Node | 'output')[]> {
  const uses = new Map<string, (Node | 'output')[]>();
  const note = (name: string, user: Node | 'output') => {
    const users = uses.get(name);
    if (users) users.push(user);
    else uses.set(name, [user]);
  };
  for (const node of graph.nodes) for (const name of [...node.inputs, ...capturedBy(node)]) note(name, node);
  for (const { name } of graph.outputs) note(name, 'output');
  return uses;
}

/** A node that stands in no file. */
export function madeNode(parts: Pick<Node, 'name' | 'opType' | 'domain' | 'inputs' | 'outputs' | 'attributes'>): Node {
  const { name, opType, domain, inputs, outputs, attributes } = parts;
  return {
    name,
    opType,
    domain,
    inputs,
    outputs,
    attributes,
    overload: '',
    docString: '',
    metadata: new Map(),
    unknown: [],
  };
}

export function textAttribute(name: string, text: string): Attribute {
  return { name, reference: '', docString: '', value: { kind: 'string', value: Buffer.from(text) }, unknown: [] };
}

/** Nodes with others in the place of some; of those that `null` stands for, nothing is left. */
export function withReplaced(nodes: readonly Node[], replaced: ReadonlyMap<Node, Node | null>): readonly Node[] {
  return nodes.flatMap((node) => {
    const by = replaced.get(node);
    return by === undefined ? [node] : by === null ? [] : [by];
  });
}
