import type { AttributeValue, Node } from '../../onnx/model.ts';
import { elementCount, tensorBytes } from '../../onnx/tensor-size.ts';

/**
 * What stands in lists of attributes, which no file maps: trees, support vectors, vocabularies, coefficients. The runtime holds each list
 * twice, in the model and in the node; kernels make of it what they run on.
 */
export interface ListWeights {
  /** Both copies, and what the kernel keeps where that is one more. */
  readonly bytes: number;
  /** Nodes and leaves of trees: a kernel keeps a record for each, and takes more while it makes them. */
  readonly treeNodes: number;
}

const COPIES = 2;

/** Shorter lists are what nodes have anyway. */
const SHORTEST = 64;

export function listWeightsOf(node: Node): ListWeights {
  const bytes = node.attributes.reduce((sum, { value }) => sum + listBytes(value), 0);
  const treeNodes = treeNodesOf(node);
  const copies = treeNodes > 0 ? COPIES : COPIES + 1;
  return { bytes: bytes * copies, treeNodes };
}

/** Of protobuf's lists: an integer is 8 bytes, a text an address, a `std::string` and what the heap adds to that. */
function listBytes(value: AttributeValue): number {
  if (value.kind === 'tensor') {
    const { elementType, dims } = value.value;
    return (elementCount(dims) ?? 0) < SHORTEST ? 0 : (tensorBytes(elementType, dims) ?? 0);
  }
  if (value.kind !== 'floats' && value.kind !== 'ints' && value.kind !== 'strings') return 0;
  return value.count < SHORTEST ? 0 : value.count * ENTRY_BYTES[value.kind];
}

const ENTRY_BYTES = { floats: 4, ints: 8, strings: 56 } as const;

function treeNodesOf({ domain, opType, attributes }: Node): number {
  if (domain !== 'ai.onnx.ml' || !opType.startsWith('TreeEnsemble')) return 0;
  const count = (wanted: string) => {
    const value = attributes.find(({ name }) => name === wanted)?.value;
    if (value?.kind === 'tensor') return elementCount(value.value.dims) ?? 0;
    return value?.kind === 'ints' ? value.count : 0;
  };
  // Before opset 5 of the domain leaves stand among the nodes.
  return count('nodes_featureids') + count('leaf_targetids');
}
