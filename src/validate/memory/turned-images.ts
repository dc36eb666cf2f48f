import type { Graph } from '../../onnx/model.ts';
import { isSized, type SizeLookup } from './value-sizes.ts';

/**
 * The most that an image in 8 bits takes which the runtime may turn channels-last for a quantized convolution, or back (its
 * `NhwcTransformer`, of the level `all` alone). From one convolution or sum to the next it stays as it is; beside anything else it depends
 * on what turning costs there, which is not simulated.
 */
export function turnedImageBytes({ nodes }: Pick<Graph, 'nodes'>, sizes: SizeLookup): number {
  const convolutions = nodes.filter(({ opType }) => opType === 'QLinearConv');
  if (convolutions.length === 0) return 0;
  const quantized = nodes.filter(({ opType }) => STAYS.test(opType));
  const others = nodes.filter(({ opType }) => !STAYS.test(opType));
  const made = new Set(quantized.flatMap(({ outputs }) => outputs));
  const taken = new Set(others.flatMap(({ inputs }) => inputs));
  const images = [
    ...convolutions.map(({ inputs }) => inputs[0] ?? '').filter((name) => !made.has(name)),
    ...convolutions.flatMap(({ outputs }) => outputs).filter((name) => taken.has(name)),
  ];
  return Math.max(0, ...images.map(sizes).map((size) => (isSized(size) ? size.bytes : 0)));
}

const STAYS = /^QLinear/;
