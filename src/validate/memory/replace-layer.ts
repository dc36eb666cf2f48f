import type { Model, Node, OpsetImport, Tensor } from '../../onnx/model.ts';
import { tensorBytes } from '../../onnx/tensor-size.ts';
import { noteChange } from './bounded-shapes.ts';
import { packedWeights } from './packed-weights.ts';
import { PROCESSORS } from './processor.ts';

/** A node of the main graph with a weight of its own. */
export interface Layer {
  readonly node: Node;
  readonly weight: Tensor;
}

/** The layer of these operators whose weight (its second input, floats) is the largest; `null` where there is none. */
export function largestLayer({ graph }: Model, operators: readonly string[]): Layer | null {
  const weights = new Map(graph.initializers.map((tensor) => [tensor.name, tensor]));
  let most: (Layer & { readonly bytes: number }) | null = null;
  for (const node of graph.nodes) {
    const weight = weights.get(node.inputs[1] ?? '');
    if (weight?.elementType !== 'float' || !operators.includes(operatorOf(node))) continue;
    const bytes = tensorBytes(weight.elementType, weight.dims) ?? 0;
    if (bytes > (most?.bytes ?? 0)) most = { node, weight, bytes };
  }
  return most;
}

/** The most that a layer's weight takes, from the file to what kernels make of it and hold meanwhile, on whichever processor. */
export function mostHeldBytes({ node, weight }: Layer, { graph }: Model): number {
  const initializers = graph.initializers.filter(({ name }) => node.inputs.includes(name));
  const packed = PROCESSORS.map((processor) =>
    packedWeights({ nodes: [node], inputs: graph.inputs, initializers }, processor).reduce(
      (sum, { bytes, transientBytes }) => sum + bytes + transientBytes,
      0,
    ),
  );
  return MARGIN * ((tensorBytes(weight.elementType, weight.dims) ?? 0) + Math.max(...packed));
}

/** Limits are recommended with room on what is counted. */
const MARGIN = 1.25;

export function operatorOf({ domain, opType }: Pick<Node, 'domain' | 'opType'>): string {
  return domain === '' ? opType : `${domain}:${opType}`;
}

export interface Replacement {
  readonly nodes: readonly Node[];
  readonly weights: readonly Tensor[];
  /** Where the new nodes need others. */
  readonly opsetImports?: readonly OpsetImport[];
}

/** The model with other nodes and weights in place of a layer; the old weight goes where nothing else uses it. */
export function replaceLayer(model: Model, { node, weight }: Layer, by: Replacement): Model {
  const nodes = model.graph.nodes.flatMap((old) => (old === node ? by.nodes : [old]));
  const isUsed = nodes.some(({ inputs }) => inputs.includes(weight.name));
  const kept = model.graph.initializers.filter((tensor) => tensor !== weight || isUsed);
  const graph = { ...model.graph, nodes, initializers: [...kept, ...by.weights] };
  const replaced = { ...model, graph, opsetImports: by.opsetImports ?? model.opsetImports };
  noteChange(replaced, { from: model, ...by });
  return replaced;
}

/** A weight of other dimensions, in the same data file. */
export function reshapedWeight(weight: Tensor, change: Pick<Tensor, 'name' | 'dims'> & Partial<Tensor>): Tensor {
  return { ...weight, ...change };
}

export function flagOf(node: Node, name: string): boolean {
  const value = node.attributes.find((attribute) => attribute.name === name)?.value;
  return value?.kind === 'int' && value.value !== 0n;
}
