import type { AttributeValue, Node } from '../../onnx/model.ts';
import { elementCount, tensorBytes } from '../../onnx/tensor-size.ts';

/**
 * What stands in lists of attributes, which no file maps: trees, support vectors, vocabularies, coefficients. The runtime holds each list
 * twice, in the model and in the node; kernels make of it what they run on.
 */
export interface ListWeights {
  /** Both copies, and what the kernel keeps where that is one more. */
  readonly bytes: number;
  /** Texts, with the copy that a kernel is made from: small blocks of the heap, which stay behind as holes where the model is let go. */
  readonly scatteredBytes: number;
  /** Nodes and leaves of trees: a kernel keeps a record for each, and takes more while it makes them. */
  readonly treeNodes: number;
  /** What making the kernel takes beyond what it does for each of these nodes, until it is made. */
  readonly makingBytes: number;
}

const COPIES = 2;

/** Shorter lists are what nodes have anyway. */
const SHORTEST = 64;

export function listWeightsOf(node: Node): ListWeights {
  const bytes = node.attributes.reduce((sum, { value }) => sum + listBytes(value), 0);
  const scatteredBytes = (COPIES + 1) * node.attributes.reduce((sum, { value }) => sum + textBytes(value), 0);
  const treeNodes = treeNodesOf(node);
  if (treeNodes === 0) return { bytes: bytes * (COPIES + 1), scatteredBytes, treeNodes, makingBytes: 0 };
  const areLeavesApart = countOf(node, 'leaf_targetids') > 0;
  return {
    bytes: bytes * COPIES + (areLeavesApart ? treeNodes * JOINED_NODE_BYTES : 0),
    scatteredBytes,
    treeNodes,
    makingBytes: weightsInMaking(treeWeightsOf(node)) + (areLeavesApart ? treeNodes * JOINING_BYTES : 0),
  };
}

/** Where leaves stand apart from nodes, the kernel makes lists of both: for each, once made and while it is (measured). */
const JOINED_NODE_BYTES = 14;
const JOINING_BYTES = 9;

/**
 * What the weights of leaves take while their kernel is made: a third copy of their lists (three integers and a float), each one's leaf in an order
 * of its own, and a list of the weights proper that doubles as it grows, the old one being there while the new one is filled.
 */
function weightsInMaking(count: number): number {
  if (count === 0) return 0;
  const lastGrown = 2 ** Math.ceil(Math.log2(count));
  return count * (LISTED_WEIGHT_BYTES + PLACED_WEIGHT_BYTES) + lastGrown * WEIGHT_BYTES;
}

const LISTED_WEIGHT_BYTES = 28;
const PLACED_WEIGHT_BYTES = 24;
const WEIGHT_BYTES = 16;

/** Of protobuf's lists: an integer is 8 bytes, a text an address, a `std::string` and what the heap adds to that. */
function listBytes(value: AttributeValue): number {
  if (value.kind === 'tensor') {
    const { elementType, dims } = value.value;
    return (elementCount(dims) ?? 0) < SHORTEST ? 0 : (tensorBytes(elementType, dims) ?? 0);
  }
  if (value.kind !== 'floats' && value.kind !== 'ints' && value.kind !== 'strings') return 0;
  return value.count < SHORTEST ? 0 : value.count * ENTRY_BYTES[value.kind];
}

function textBytes(value: AttributeValue): number {
  return value.kind === 'strings' ? listBytes(value) : 0;
}

const ENTRY_BYTES = { floats: 4, ints: 8, strings: 56 } as const;

function treeNodesOf(node: Node): number {
  if (node.domain !== 'ai.onnx.ml' || !node.opType.startsWith('TreeEnsemble')) return 0;
  // Before opset 5 of the domain leaves stand among the nodes.
  return countOf(node, 'nodes_featureids') + countOf(node, 'leaf_targetids');
}

/** What leaves add to classes or targets: several each, where they know of several. */
function treeWeightsOf(node: Node): number {
  return countOf(node, 'class_ids') + countOf(node, 'target_ids') + countOf(node, 'leaf_targetids');
}

function countOf({ attributes }: Node, wanted: string): number {
  const value = attributes.find(({ name }) => name === wanted)?.value;
  if (value?.kind === 'tensor') return elementCount(value.value.dims) ?? 0;
  return value?.kind === 'ints' ? value.count : 0;
}
