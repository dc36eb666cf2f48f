import { formatByteSize } from '../../../nouns/byte-size.ts';
import { tensorBytes } from '../../../onnx/tensor-size.ts';
import { counted, firstFew, locationOf } from '../describe.ts';
import type { GraphPlace } from '../graph-places.ts';
import type { Rule } from '../rule.ts';

/** Constants of some elements repeat in every model and cost nothing. */
const WEIGHT_BYTES = 1024;

export const rule: Rule = {
  id: 'production/duplicate-weight',
  severity: 'note',
  title: 'No weight is stored twice',
  explanation:
    'Weights that a framework shares, such as the embedding of a language model and its output layer, are often exported twice. Both copies are shipped and held in memory.',
  mend: 'Let the nodes share one weight.',
  source:
    'Practice. Compared are weights of equal type and dimensions, by content where they are small and few enough to read.',
  fixable: true,
  *check({ places, contentNames }) {
    if (!contentNames) return;
    for (const place of places) {
      for (const [bytes, names] of repeated(place, contentNames)) {
        yield {
          message: `${counted(names.length, 'weight')} of ${formatByteSize(bytes)} each have the same content: ${firstFew(names.map((name) => `"${name}"`))}`,
          location: locationOf(place, { tensor: names[0] ?? '' }),
        };
      }
    }
  },
};

function repeated(
  place: GraphPlace,
  contentNames: ReadonlyMap<object, string>,
): readonly (readonly [number, readonly string[]])[] {
  const groups = new Map<string, { bytes: number; names: Set<string> }>();
  for (const tensor of place.graph?.initializers ?? []) {
    const content = contentNames.get(tensor);
    const bytes = tensorBytes(tensor.elementType, tensor.dims) ?? 0;
    if (content === undefined || bytes < WEIGHT_BYTES) continue;
    const group = groups.get(content) ?? { bytes, names: new Set<string>() };
    // Of two with one name nobody can say which is meant: that is a fault of its own, and nothing that sharing mends.
    group.names.add(tensor.name);
    groups.set(content, group);
  }
  return [...groups.values()].filter(({ names }) => names.size > 1).map(({ bytes, names }) => [bytes, [...names]]);
}
