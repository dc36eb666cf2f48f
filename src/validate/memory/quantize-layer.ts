import type { Model, Node, OpsetImport, Tensor } from '../../onnx/model.ts';
import type { ChangedLayer } from './remedies.ts';
import { flagOf, largestLayer, operatorOf, replaceLayer, reshapedWeight } from './replace-layer.ts';

const DOMAIN = 'com.microsoft';
const PRODUCTS = ['MatMul', 'Gemm'];

/** The model with its largest matrix product dynamically quantized: 8-bit weights, one scale for all. */
export function quantizeLargest(model: Model): ChangedLayer | null {
  const layer = largestLayer(model, PRODUCTS);
  if (layer?.weight.dims.length !== 2) return null;
  const { node, weight } = layer;
  const [rows = 0, last = 0] = weight.dims;
  const dims = flagOf(node, 'transB') ? [last, rows] : [rows, last];
  const bias = node.inputs[2] ?? '';
  const quantized: Tensor = reshapedWeight(weight, { name: `${weight.name}/8-bit`, dims, elementType: 'int8' });
  const scale = reshapedWeight(weight, { name: `${weight.name}/scale`, dims: [1], data: { kind: 'none' } });
  const product: Node = {
    ...node,
    opType: 'DynamicQuantizeMatMul',
    domain: DOMAIN,
    inputs: [node.inputs[0] ?? '', quantized.name, scale.name, '', bias],
    attributes: [],
  };
  const opsetImports = withDomain(model.opsetImports);
  return {
    model: replaceLayer(model, layer, { nodes: [product], weights: [quantized, scale], opsetImports }),
    replaced: layer,
    node: node.name,
    from: 'float',
    to: 'int8',
    text: `quantize the weight of ${operatorOf(node)} "${node.name}" (${weight.dims.join(' x ')}) to 8 bits, dynamically`,
  };
}

function withDomain(imports: readonly OpsetImport[]): readonly OpsetImport[] {
  return imports.some(({ domain }) => domain === DOMAIN) ? imports : [...imports, { domain: DOMAIN, version: 1 }];
}
