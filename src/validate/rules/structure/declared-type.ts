import type { ElementType, ValueType } from '../../../onnx/model.ts';
import type { Fact } from '../../shapes/fact.ts';
import { locationOf, typeText } from '../describe.ts';
import type { GraphPlace } from '../graph-places.ts';
import type { Rule } from '../rule.ts';
import { producers } from '../value-scope.ts';

export const rule: Rule = {
  id: 'structure/declared-type',
  severity: 'error',
  title: 'Values are of the type that the model declares for them',
  explanation:
    'A model may declare the types of outputs and of values inside. Where a declaration is not what the nodes give, the runtime refuses the model.',
  mend: 'Correct the declaration, or insert a Cast where the declared type is the one that is wanted.',
  source: 'The runtime: "Type of output arg does not match expected type".',
  *check({ places, shapedFacts }) {
    for (const place of places) {
      if (!place.reached) continue;
      for (const { name, type } of declarations(place)) {
        const found = shapedFacts(place).flatMap((facts) => mismatch(type, facts(name)) ?? [])[0];
        if (found === undefined) continue;
        const message = `"${name}" is declared as ${typeText(type)}; it is ${found}`;
        yield { message, location: locationOf(place, { tensor: name }) };
      }
    }
  },
};

/** Of what nodes give; the declared types of inputs are all that is known of those. */
function declarations(place: GraphPlace): readonly { name: string; type: ValueType }[] {
  const made = producers(place);
  // Of several declarations for one name the first counts.
  const infos = [...(place.graph?.outputs ?? []), ...(place.graph?.valueInfos ?? [])].reverse();
  const first = new Map(infos.map((info) => [info.name, info]));
  return [...first.values()].flatMap(({ name, type }) => (type !== null && made.has(name) ? [{ name, type }] : []));
}

function mismatch(type: ValueType, fact: Fact | undefined): string | undefined {
  if (!fact || fact.kind === 'unknown') return undefined;
  if (type.kind !== fact.kind) return `a ${fact.kind}`;
  const [declared, found] = [elementTypeOf(type), fact.kind === 'tensor' ? fact.elementType : undefined];
  const isKnown = declared !== undefined && found !== undefined && declared !== 'undefined' && found !== 'undefined';
  return isKnown && declared !== found ? `tensor(${found})` : undefined;
}

function elementTypeOf(type: ValueType): ElementType | undefined {
  return type.kind === 'tensor' ? type.elementType : undefined;
}
