import type { ElementType, Model, ValueInfo } from '../../onnx/model.ts';

/** Processors by whose instructions the runtime may choose what it writes. */
export type PreparedFor = 'any' | 'x64' | 'arm64';

/**
 * On which processors the runtime writes these very bytes for a model. Held against emulated processors: all models come out the same
 * on x86-64 with SSE2 alone, with AVX2, and on arm64, once signed activations are settled, except those with half precision: an arm64
 * processor with instructions for it gets fewer casts to single. What an x86-64 machine wrote runs on both.
 */
export function preparedFor(original: Model, architecture: string): PreparedFor {
  if (!hasHalfPrecision(original)) return 'any';
  return architecture === 'arm64' ? 'arm64' : 'x64';
}

const HALF: ReadonlySet<ElementType> = new Set(['float16', 'bfloat16']);

function hasHalfPrecision({ graph }: Model): boolean {
  const isHalf = ({ type }: ValueInfo): boolean => type?.kind === 'tensor' && HALF.has(type.elementType);
  const casts = graph.nodes.some(
    ({ opType, attributes }) =>
      opType === 'Cast' &&
      attributes.some(({ name, value }) => name === 'to' && value.kind === 'int' && isHalfCode(value.value)),
  );
  return (
    casts ||
    graph.initializers.some(({ elementType }) => HALF.has(elementType)) ||
    [...graph.inputs, ...graph.outputs, ...graph.valueInfos].some(isHalf)
  );
}

/** `TensorProto.DataType`: FLOAT16 and BFLOAT16. */
function isHalfCode(code: bigint | number): boolean {
  return Number(code) === 10 || Number(code) === 16;
}
