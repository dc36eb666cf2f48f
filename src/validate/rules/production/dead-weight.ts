import { formatByteSize } from '../../../nouns/byte-size.ts';
import { tensorBytes } from '../../../onnx/tensor-size.ts';
import { counted, firstFew, locationOf } from '../describe.ts';
import type { Rule } from '../rule.ts';

export const rule: Rule = {
  id: 'production/dead-weight',
  severity: 'warning',
  title: 'Every weight is used',
  explanation:
    'A weight that no node reads is shipped, hashed and loaded for nothing. Cutting or editing a graph leaves them behind.',
  mend: 'Remove them.',
  source: 'Practice; the runtime warns of unused initializers and drops them on loading.',
  fixable: true,
  *check({ places, usedNames }) {
    for (const place of places) {
      const used = usedNames(place);
      const dead = (place.graph?.initializers ?? []).filter((tensor) => !used.has(tensor.name));
      const [first] = dead;
      if (!first) continue;
      const bytes = dead.reduce((sum, { elementType, dims }) => sum + (tensorBytes(elementType, dims) ?? 0), 0);
      const names = firstFew(dead.map(({ name }) => `"${name}"`));
      yield {
        message: `${counted(dead.length, 'weight')} of ${formatByteSize(bytes)} that no node reads: ${names}`,
        location: locationOf(place, { tensor: first.name }),
      };
    }
  },
};
