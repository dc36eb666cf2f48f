import type { Attribute, Model, Node } from '../../onnx/model.ts';
import type { ChangedLayer } from './remedies.ts';
import { flagOf, largestLayer, operatorOf, replaceLayer, reshapedWeight } from './replace-layer.ts';

/** Operators whose result can be made in pieces, and the axes of the weight and of the result along which. */
const SPLITTABLE: Readonly<Record<string, (node: Node) => { readonly weight: number; readonly result: number }>> = {
  Conv: () => ({ weight: 0, result: 1 }),
  'com.microsoft:FusedConv': () => ({ weight: 0, result: 1 }),
  MatMul: () => ({ weight: 1, result: -1 }),
  Gemm: (node) => ({ weight: flagOf(node, 'transB') ? 0 : 1, result: 1 }),
};

const PIECES = 2;

/** The model with its largest layer in two halves, each with half of the weight, and their results joined. */
export function splitLargest(model: Model): ChangedLayer | null {
  const layer = largestLayer(model, Object.keys(SPLITTABLE));
  if (!layer) return null;
  const { node, weight } = layer;
  const axes = SPLITTABLE[operatorOf(node)]?.(node);
  const columns = weight.dims[axes?.weight ?? 0] ?? 0;
  // Groups of a convolution and a bias would have to be split along.
  const isPlain = !node.attributes.some(
    ({ name, value }) => name === 'group' && value.kind === 'int' && value.value > 1n,
  );
  if (!axes || columns % PIECES !== 0 || !isPlain || node.outputs.length !== 1) return null;
  const dims = weight.dims.map((size, axis) => (axis === axes.weight ? size / PIECES : size));
  const pieces = Array.from({ length: PIECES }, (_, piece) => `${weight.name}/part-${piece}`);
  const outputs = pieces.map((_, piece) => `${node.outputs[0]}/part-${piece}`);
  const halves = pieces.map((name, piece): Node => {
    const inputs = [node.inputs[0] ?? '', name];
    return { ...node, name: `${node.name}/part-${piece}`, inputs, outputs: [outputs[piece] ?? ''] };
  });
  const join: Node = { ...node, opType: 'Concat', domain: '', inputs: outputs, attributes: [axisOf(axes.result)] };
  const weights = pieces.map((name) => reshapedWeight(weight, { name, dims }));
  return {
    model: replaceLayer(model, layer, { nodes: [...halves, join], weights }),
    replaced: layer,
    node: node.name,
    from: `${operatorOf(node)} with a weight of ${weight.dims.join(' x ')}`,
    to: `${PIECES} of ${dims.join(' x ')}`,
    text: `split ${operatorOf(node)} "${node.name}" into ${PIECES} with weights of ${dims.join(' x ')}`,
  };
}

function axisOf(axis: number): Attribute {
  return { name: 'axis', reference: '', docString: '', value: { kind: 'int', value: BigInt(axis) }, unknown: [] };
}
