import { ELEMENT_TYPES } from '../../../onnx/element-types.ts';
import type { Tensor } from '../../../onnx/model.ts';
import { elementCount, tensorBytes, typedEntries } from '../../../onnx/tensor-size.ts';
import { locationOf } from '../describe.ts';
import type { Rule } from '../rule.ts';

export const rule: Rule = {
  id: 'structure/tensor-data',
  severity: 'error',
  title: 'Every stored tensor has as many bytes as its type and dimensions say',
  explanation:
    'A weight says its element type and dimensions, and its data must be exactly that much, in the field that belongs to the type. Data that are too short come from a file that was cut off or written by a faulty exporter. The runtime refuses such a weight where the graph uses it.',
  mend: 'Export the model again; the weight cannot be read as it is.',
  source: 'onnx.proto, TensorProto. The runtime: "does not match expected size from shape and data type".',
  *check(context) {
    for (const { tensor, title, place, node, isUsed } of context.tensors) {
      const found = trouble(tensor);
      if (!found) continue;
      const inside = {
        ...(node === undefined ? {} : { node }),
        ...(tensor.name === '' ? {} : { tensor: tensor.name }),
      };
      const severity = isUsed || found.always ? 'error' : 'warning';
      yield { message: `${title} ${found.message}`, location: locationOf(place, inside), severity };
    }
  },
};

interface Trouble {
  readonly message: string;
  /** Whether the runtime refuses the model even where nothing uses the tensor. */
  readonly always?: boolean;
}

function trouble(tensor: Tensor): Trouble | undefined {
  const { elementType, dims, data } = tensor;
  if (elementType === 'undefined') {
    const code = tensor.elementTypeCode;
    return {
      message: code === undefined ? 'has no element type' : `has the unknown element type ${code}`,
      always: true,
    };
  }
  const text = `[${dims.join(', ')}]`;
  if (dims.some((size) => size < 0)) return { message: `has a negative dimension: ${text}` };
  const count = elementCount(dims);
  if (count === null) return { message: `has dimensions whose product no machine can hold: ${text}` };
  const { bits, field } = ELEMENT_TYPES[elementType];
  switch (data.kind) {
    case 'none':
      return count === 0 ? undefined : { message: `has no data; wanted ${count} elements for ${elementType} ${text}` };
    case 'typed': {
      if (data.field !== field) return { message: `keeps ${elementType} elements in ${data.field}; wanted ${field}` };
      const wanted = typedEntries(elementType, count);
      if (data.count === wanted) return undefined;
      return { message: `has ${data.count} entries in ${field}; wanted ${wanted} for ${elementType} ${text}` };
    }
    case 'raw':
    case 'memory': {
      if (bits === 0) return { message: `keeps ${elementType} elements in raw_data; wanted ${field}` };
      const wanted = tensorBytes(elementType, dims);
      if (wanted === null) return { message: `has dimensions whose product no machine can hold: ${text}` };
      const found = data.kind === 'raw' ? data.length : data.bytes.length;
      if (found === wanted) return undefined;
      return { message: `has ${found} bytes; wanted ${wanted} for ${elementType} ${text}` };
    }
    default:
      return undefined;
  }
}
