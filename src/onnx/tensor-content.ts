import { EXIT, Failure } from '../nouns/failure.ts';
import { bytesContent, type Content, fileContent } from './content.ts';
import { ELEMENT_TYPES } from './element-types.ts';
import { locateExternalData } from './external-data.ts';
import type { ModelPlace, Tensor } from './model.ts';
import { modelFile } from './model-file.ts';
import { bytesOf } from './provenance.ts';
import { elementCount, tensorBytes, typedEntries } from './tensor-size.ts';
import { typedContent } from './typed-content.ts';

/**
 * The elements of a tensor as `raw_data` holds them, wherever and however the model stores them. Throws
 * `onnx/tensor-data` where what is stored does not fit type and dimensions, and what `locateExternalData` throws.
 */
export function tensorContent(model: ModelPlace, tensor: Tensor): Content {
  const bytes = tensorBytes(tensor.elementType, tensor.dims);
  if (bytes === null) {
    throw tensorDataFailure(model, tensor, `a ${tensor.elementType} tensor of these dimensions has no bytes to read`);
  }
  const content = storedContent(model, tensor, bytes);
  if (content.length !== bytes) {
    throw tensorDataFailure(model, tensor, `it holds ${content.length} bytes; wanted ${bytes}`);
  }
  return content;
}

/** The failure for data that contradict type and dimensions. */
export function tensorDataFailure(model: ModelPlace, tensor: Tensor, why: string): Failure {
  const dims = tensor.dims.join(', ');
  return new Failure(
    `The data of tensor ${JSON.stringify(tensor.name.slice(0, 200))} (${tensor.elementType}, [${dims}]) in ${model.path} cannot be read: ${why}`,
    {
      code: 'onnx/tensor-data',
      exit: EXIT.findings,
      mend: 'Export the model again; a runtime refuses this tensor as well.',
    },
  );
}

function storedContent(model: ModelPlace, tensor: Tensor, bytes: number): Content {
  const { data } = tensor;
  switch (data.kind) {
    case 'raw': {
      const bytes = bytesOf(data);
      return bytes ? bytesContent(bytes) : fileContent(modelFile(model, data), data);
    }
    case 'memory':
      return bytesContent(data.bytes);
    case 'external': {
      const place = locateExternalData(model, tensor, data);
      return fileContent(place.file, { offset: place.offset, length: place.length });
    }
    case 'typed': {
      const wanted = typedEntries(tensor.elementType, elementCount(tensor.dims) ?? 0);
      const expected = ELEMENT_TYPES[tensor.elementType].field;
      if (data.field !== expected)
        throw tensorDataFailure(model, tensor, `it stands in ${data.field}; wanted ${expected}`);
      if (data.count !== wanted) {
        throw tensorDataFailure(model, tensor, `${data.field} has ${data.count} entries; wanted ${wanted}`);
      }
      return typedContent(modelFile(model, data), { data, elementType: tensor.elementType, length: bytes });
    }
    default:
      return bytesContent(new Uint8Array());
  }
}
