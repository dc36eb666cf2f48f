import type { Model, Node } from '../../onnx/model.ts';
import { madeNode, textAttribute, usesOf, withReplaced } from './graph-edits.ts';

/** What `HardSwish` multiplies with, as a `HardSigmoid`: `max(0, min(1, x / 6 + 1 / 2))`. */
const SLOPE = Math.fround(1 / 6);
const OFFSET = 0.5;

/**
 * The graph with `HardSwish` applied by the convolutions before it, which have it among what they can apply. Level `extended` takes the
 * operator apart into `HardSigmoid` and `Mul`, so that three images are held instead of one; level `all` puts it together again
 * where it lays images out anew.
 */
export function swishIntoConvolutions({ graph }: Pick<Model, 'graph'>): readonly Node[] {
  const uses = usesOf(graph);
  const makers = new Map(graph.nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
  const weights = new Map(graph.initializers.map((tensor) => [tensor.name, tensor]));
  const replaced = new Map<Node, Node | null>();
  for (const gate of graph.nodes) {
    const [image = ''] = gate.inputs;
    const [share = ''] = gate.outputs;
    const convolution = makers.get(image);
    const [product, ...others] = uses.get(share) ?? [];
    if (!isGate(gate) || !convolution || product === undefined || product === 'output' || others.length > 0) continue;
    const isWhole = uses.get(image)?.every((user) => user === gate || user === product) ?? false;
    if (!isWhole || !isProduct(product, image, share) || !isPlain(convolution)) continue;
    if (weights.get(convolution.inputs[1] ?? '')?.elementType !== 'float') continue;
    replaced.set(gate, null);
    replaced.set(product, null);
    replaced.set(convolution, applying(convolution, product));
  }
  return withReplaced(graph.nodes, replaced);
}

function applying(convolution: Node, { outputs }: Node): Node {
  const attributes = [...convolution.attributes, textAttribute('activation', 'HardSwish')];
  return madeNode({ ...convolution, opType: 'FusedConv', domain: 'com.microsoft', outputs, attributes });
}

function isPlain({ domain, opType }: Node): boolean {
  return domain === '' && opType === 'Conv';
}

function isProduct({ domain, opType, inputs }: Node, image: string, share: string): boolean {
  return domain === '' && opType === 'Mul' && inputs.length === 2 && inputs.includes(image) && inputs.includes(share);
}

function isGate(node: Node): boolean {
  return (
    node.domain === '' &&
    node.opType === 'HardSigmoid' &&
    floatOf(node, 'alpha', 0.2) === SLOPE &&
    floatOf(node, 'beta', 0.5) === OFFSET
  );
}

function floatOf({ attributes }: Node, wanted: string, otherwise: number): number {
  const value = attributes.find(({ name }) => name === wanted)?.value;
  return value?.kind === 'float' ? Math.fround(value.value) : Math.fround(otherwise);
}
