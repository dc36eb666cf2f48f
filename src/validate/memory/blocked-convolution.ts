import type { Node, Tensor } from '../../onnx/model.ts';
import { product, type WeightLookup } from './kernel.ts';
import type { Processor } from './processor.ts';

/** Channels of the input come in multiples of this, or are so few that they are read as they are. */
const CHANNEL_ALIGNMENT = 4;

/**
 * Bytes of a convolution's filters in blocked layout, which the runtime's layout pass gives them at level `all`; `null` for
 * convolutions that it leaves alone. A bias has to be stored too: one that is named as left out, before a sum, is not.
 */
export function blockedFilterBytes(
  node: Pick<Node, 'opType' | 'domain' | 'attributes' | 'inputs'>,
  weightOf: WeightLookup,
  { channelBlock }: Processor,
): number | null {
  const isConvolution =
    (node.opType === 'Conv' && node.domain === '') || (node.opType === 'FusedConv' && node.domain === 'com.microsoft');
  if (!isConvolution) return null;
  const [, filters, bias] = node.inputs.map(weightOf);
  if (!filters || bias === null) return null;
  const { dims, elementType } = filters;
  const [outputs = 0, inputs = 0, ...window] = dims;
  if (elementType !== 'float' || window.length !== 2) return null;
  const groups = groupsOf(node);
  if (isDepthwise(node, filters)) {
    if (outputs % CHANNEL_ALIGNMENT !== 0) return null;
  } else if (groups > 1 && (inputs % channelBlock !== 0 || (outputs / groups) % channelBlock !== 0)) return null;
  if (groups === 1 && inputs >= channelBlock && inputs % CHANNEL_ALIGNMENT !== 0) return null;
  return Math.ceil(outputs / channelBlock) * channelBlock * inputs * product(window) * 4;
}

/** Whether each channel is convolved by itself. */
export function isDepthwise(
  node: Pick<Node, 'attributes'>,
  { dims: [outputs, inputs] }: Pick<Tensor, 'dims'>,
): boolean {
  const groups = groupsOf(node);
  return groups > 1 && inputs === 1 && outputs === groups;
}

function groupsOf({ attributes }: Pick<Node, 'attributes'>): number {
  const group = attributes.find(({ name }) => name === 'group')?.value;
  return group?.kind === 'int' ? Number(group.value) : 1;
}
