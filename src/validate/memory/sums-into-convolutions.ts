import type { Model, Node, Tensor } from '../../onnx/model.ts';
import type { ShapedGraph } from '../shapes/shaped-model.ts';
import { textOf } from '../shapes/size/size.ts';
import { madeNode, textAttribute, usesOf, withReplaced } from './graph-edits.ts';

/** What the runtime's fused convolution applies by itself, without parameters. */
const ACTIVATIONS: ReadonlySet<string> = new Set(['Relu', 'Sigmoid', 'Tanh']);

/** Spatial axes of the images for which MLAS has kernels, which add to what is there. */
const MOST_SPATIAL_AXES = 3;

/**
 * The graph with residual sums made by the convolutions themselves: `Relu(Conv(x) + z)` becomes one kernel that adds to `z`, in its
 * place where nothing else needs that, so that two images are held instead of three and memory is gone through once. The runtime does the
 * same at level `all` where it lays images out anew. Only where both terms are known to be equally large.
 */
export function sumsIntoConvolutions({ graph }: Model, shaped: ShapedGraph): readonly Node[] {
  const uses = usesOf(graph);
  const weights = new Map(graph.initializers.map((tensor) => [tensor.name, tensor]));
  const places = new Map(graph.nodes.flatMap((node, place) => node.outputs.map((name) => [name, place] as const)));
  const replaced = new Map<Node, Node | null>();
  for (const sum of graph.nodes) {
    if (sum.opType !== 'Add' || sum.domain !== '' || sum.inputs.length !== 2) continue;
    const [left = '', right = ''] = sum.inputs;
    if (left === right || !isAlike(left, right, shaped)) continue;
    // The later one: the other term is there by then.
    const own = [left, right]
      .filter((name) => uses.get(name)?.length === 1 && isPlain(graph.nodes[places.get(name) ?? -1], weights, replaced))
      .sort((a, b) => (places.get(b) ?? 0) - (places.get(a) ?? 0))[0];
    const convolution = graph.nodes[places.get(own ?? '') ?? -1];
    if (own === undefined || !convolution) continue;
    const after = uses.get(sum.outputs[0] ?? '') ?? [];
    const next = after.length === 1 ? after[0] : undefined;
    const activation = next && next !== 'output' && next.domain === '' && ACTIVATIONS.has(next.opType) ? next : null;
    replaced.set(convolution, null);
    replaced.set(sum, null);
    replaced.set(activation ?? sum, fused(convolution, { other: own === left ? right : left, sum, activation }));
  }
  return withReplaced(graph.nodes, replaced);
}

interface Fusion {
  readonly other: string;
  readonly sum: Node;
  readonly activation: Node | null;
}

function fused(convolution: Node, { other, sum, activation }: Fusion): Node {
  const [image = '', filters = '', bias = ''] = convolution.inputs;
  return madeNode({
    ...convolution,
    opType: 'FusedConv',
    domain: 'com.microsoft',
    inputs: [image, filters, bias, other],
    outputs: (activation ?? sum).outputs,
    attributes: [...convolution.attributes, ...(activation ? [textAttribute('activation', activation.opType)] : [])],
  });
}

/** Floats, with filters that are stored, whole and not in groups, which have kernels of their own; nothing fused to it yet. */
function isPlain(
  node: Node | undefined,
  weights: ReadonlyMap<string, Tensor>,
  replaced: ReadonlyMap<Node, Node | null>,
): boolean {
  if (node?.opType !== 'Conv' || node.domain !== '' || replaced.has(node)) return false;
  const filters = weights.get(node.inputs[1] ?? '');
  const group = node.attributes.find(({ name }) => name === 'group')?.value;
  const isWhole = group === undefined || (group.kind === 'int' && group.value === 1n);
  return isWhole && filters?.elementType === 'float' && filters.dims.length <= MOST_SPATIAL_AXES + 2;
}

function isAlike(left: string, right: string, { values }: ShapedGraph): boolean {
  const [a, b] = [values.get(left), values.get(right)];
  if (a?.kind !== 'tensor' || b?.kind !== 'tensor' || a.shape === null || b.shape === null) return false;
  return (
    a.shape.length === b.shape.length && a.shape.every((size, axis) => textOf(size) === textOf(b.shape?.[axis] ?? 0))
  );
}
