import type { WeightStorage } from '../../nouns/model-summary.ts';
import type { Attribute, ElementType, Node, SparseTensor, Tensor } from '../../onnx/model.ts';
import { elementCount, tensorBytes } from '../../onnx/tensor-size.ts';
import { type GraphPlace, nodeLabel } from '../rules/graph-places.ts';

/** Numbers that a model carries with it, and who gives them out. */
export interface HeldWeight {
  readonly name: string;
  readonly graph: string;
  readonly elementType: ElementType;
  readonly dims: readonly number[];
  readonly parameters: number;
  /** As a runtime holds them; `null` for strings. */
  readonly bytes: number | null;
  readonly storage: WeightStorage;
  /** The node whose attribute holds them; absent for initializers, which are values of their own. */
  readonly node?: Node;
}

/** The weights of one list of nodes: initializers, and tensors and lists of floats in attributes. */
export function heldWeights(place: GraphPlace): readonly HeldWeight[] {
  const graph = place.path;
  return [
    ...(place.graph?.initializers ?? []).map((tensor) => weightOf(tensor, { graph, name: tensor.name })),
    ...(place.graph?.sparseInitializers ?? []).map((tensor) =>
      sparseWeight(tensor, { graph, name: tensor.values.name }),
    ),
    ...place.nodes.flatMap((node, index) =>
      node.attributes.flatMap((attribute) => {
        const owner =
          node.opType === 'Constant' ? (node.outputs[0] ?? '') : `${nodeLabel(node, index)}/${attribute.name}`;
        return attributeWeights(attribute, { graph, name: owner }).map((weight) => ({ ...weight, node }));
      }),
    ),
  ];
}

interface Named {
  readonly graph: string;
  readonly name: string;
}

function attributeWeights({ value }: Attribute, named: Named): readonly HeldWeight[] {
  switch (value.kind) {
    case 'tensor':
      return [weightOf(value.value, named)];
    case 'tensors':
      return value.values.map((tensor) => weightOf(tensor, named));
    case 'sparse-tensor':
      return [sparseWeight(value.value, named)];
    case 'sparse-tensors':
      return value.values.map((tensor) => sparseWeight(tensor, named));
    case 'floats': {
      const { count } = value;
      return [
        {
          ...named,
          elementType: 'float',
          dims: [count],
          parameters: count,
          bytes: count * Float32Array.BYTES_PER_ELEMENT,
          storage: 'attribute-list',
        },
      ];
    }
    default:
      return [];
  }
}

function weightOf(tensor: Tensor, named: Named): HeldWeight {
  const { elementType, dims } = tensor;
  return {
    ...named,
    elementType,
    dims,
    parameters: elementCount(dims) ?? 0,
    bytes: tensorBytes(elementType, dims),
    storage: STORAGE[tensor.data.kind],
  };
}

/** The elements that a sparse tensor stores; its indices are no parameters, though they take room. */
function sparseWeight({ values, indices, dims }: SparseTensor, named: Named): HeldWeight {
  const weight = weightOf(values, named);
  const indexBytes = tensorBytes(indices.elementType, indices.dims) ?? 0;
  return { ...weight, dims, bytes: weight.bytes === null ? null : weight.bytes + indexBytes };
}

const STORAGE: Readonly<Record<Tensor['data']['kind'], WeightStorage>> = {
  raw: 'raw',
  memory: 'raw',
  none: 'raw',
  typed: 'typed-list',
  'memory-strings': 'typed-list',
  external: 'external',
};
