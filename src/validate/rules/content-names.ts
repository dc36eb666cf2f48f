import { Failure } from '../../nouns/failure.ts';
import { Sources } from '../../onnx/content.ts';
import type { Model, Tensor } from '../../onnx/model.ts';
import { tensorBytes } from '../../onnx/tensor-size.ts';
import { tensorDigest } from '../summary/tensor-digest.ts';

/** Larger weights are told apart by where they lie, without a look at their elements. */
const READ_BYTES_PER_WEIGHT = 2 ** 20;

/** All that is read, so that linting a model of gigabytes still takes milliseconds. */
const READ_BYTES = 16 * 2 ** 20;

/**
 * A name for the content of each weight that may be there twice: equal names mean equal elements. Read are only weights of
 * up to 1 MiB that share type and dimensions with another, 16 MiB in all; larger ones count as equal where they lie in the
 * same bytes of one external file. Weights that cannot be read have no name.
 */
export function contentNames(model: Model): ReadonlyMap<Tensor, string> {
  const names = new Map<Tensor, string>();
  let left = READ_BYTES;
  Sources.using((sources) => {
    for (const alike of groupsAlike(model)) {
      for (const tensor of alike) {
        const bytes = tensorBytes(tensor.elementType, tensor.dims) ?? Number.POSITIVE_INFINITY;
        const isRead = bytes <= READ_BYTES_PER_WEIGHT && bytes <= left;
        if (isRead) left -= bytes;
        const name = isRead ? digestName(model, { tensor, sources }) : placeName(tensor);
        if (name !== undefined) names.set(tensor, `${typeName(tensor)} ${name}`);
      }
    }
  });
  return names;
}

/** Initializers of the main graph by type and dimensions, where there are several. */
function groupsAlike(model: Model): readonly (readonly Tensor[])[] {
  const groups = new Map<string, Tensor[]>();
  for (const tensor of model.graph.initializers) {
    const group = groups.get(typeName(tensor));
    if (group) group.push(tensor);
    else groups.set(typeName(tensor), [tensor]);
  }
  return [...groups.values()].filter((group) => group.length > 1);
}

function typeName({ elementType, dims }: Tensor): string {
  return `${elementType}[${dims.join(',')}]`;
}

function placeName({ data }: Tensor): string | undefined {
  return data.kind === 'external' ? `${data.location} at ${data.offset}` : undefined;
}

function digestName(
  model: Model,
  { tensor, sources }: { readonly tensor: Tensor; readonly sources: Sources },
): string | undefined {
  try {
    return tensorDigest(model, tensor, sources);
  } catch (error) {
    // What is wrong with it is said by the rules for stored tensors and external data.
    if (error instanceof Failure) return undefined;
    throw error;
  }
}
