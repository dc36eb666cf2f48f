import { counted, firstFew, nodeLocation } from '../describe.ts';
import type { Rule } from '../rule.ts';

/** Operators whose output size depends on the values of their inputs, by the specification. */
const DATA_DEPENDENT: ReadonlySet<string> = new Set([
  'Compress',
  'NonMaxSuppression',
  'NonZero',
  'StringSplit',
  'Unique',
]);

export const rule: Rule = {
  id: 'production/data-dependent-shape',
  severity: 'note',
  title: 'Shapes depend on shapes, not on data',
  explanation:
    'Where the size of a result depends on the values that come in, memory can only be planned for the largest size that the operator allows, and a batch cannot always be taken apart again.',
  mend: 'Let the model give fixed sizes and a mask or a count, and select afterwards.',
  source: 'ONNX operators NonZero, Unique, Compress, NonMaxSuppression, StringSplit.',
  *check({ nodes }) {
    const found = nodes.filter(
      ({ node, place }) => node.domain === '' && DATA_DEPENDENT.has(node.opType) && place.reached,
    );
    const [first] = found;
    if (!first) return;
    const names = firstFew(found.map((at) => `${at.node.opType} "${at.label}"`));
    yield {
      message: `${counted(found.length, 'node')} whose output size depends on data: ${names}`,
      location: nodeLocation(first),
    };
  },
};
