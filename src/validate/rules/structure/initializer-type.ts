import { locationOf, shapeText } from '../describe.ts';
import type { Rule } from '../rule.ts';

export const rule: Rule = {
  id: 'structure/initializer-type',
  severity: 'error',
  title: 'An initializer that is also an input has the type which the input declares',
  explanation:
    'Where a weight is also listed among the inputs, it is the default value of that input, so type and shape must agree.',
  mend: 'Correct the declared input, or take it out of the inputs: `plimsoll fix` does that for all weights.',
  source: 'The runtime: "Data in initializer has element type …", "Shape of initializer does not match".',
  *check({ places }) {
    for (const place of places) {
      const declared = new Map((place.graph?.inputs ?? []).map((input) => [input.name, input.type]));
      for (const { name, elementType, dims } of place.graph?.initializers ?? []) {
        const type = declared.get(name);
        if (type?.kind !== 'tensor' || !place.reached) continue;
        const shape = type.shape ?? dims;
        const fits =
          shape.length === dims.length && shape.every((size, i) => typeof size !== 'number' || size === dims[i]);
        if (type.elementType === elementType && fits) continue;
        yield {
          message: `initializer "${name}" is ${elementType} [${dims.join(', ')}]; the input of that name declares ${type.elementType} ${shapeText(type.shape)}`,
          location: locationOf(place, { tensor: name }),
        };
      }
    }
  },
};
