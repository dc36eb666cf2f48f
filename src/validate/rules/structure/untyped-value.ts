import type { ValueInfo, ValueType } from '../../../onnx/model.ts';
import { locationOf } from '../describe.ts';
import type { GraphPlace } from '../graph-places.ts';
import type { Rule } from '../rule.ts';

export const rule: Rule = {
  id: 'structure/untyped-value',
  severity: 'error',
  title: 'Every graph input has a type, and declared types are complete',
  explanation:
    'What a model takes in cannot be worked out from anything else, so an input of the main graph must have a type. Types of other values may be left out, but one that is declared must name a known element type.',
  mend: 'Declare the type with `onnx.helper.make_tensor_value_info`; an element type that is not known here may be newer than this program.',
  source:
    'onnx.proto, ValueInfoProto and TypeProto. The runtime: "does not have type information", "Invalid tensor data type".',
  *check({ places }) {
    for (const place of places) {
      for (const { value, role } of valueInfosOf(place)) {
        const message = place.reached ? trouble(value.type, place.kind === 'main' && role === 'input') : undefined;
        if (message)
          yield { message: `${role} "${value.name}" ${message}`, location: locationOf(place, { tensor: value.name }) };
      }
    }
  },
};

function valueInfosOf({ graph, ...place }: GraphPlace): readonly { value: ValueInfo; role: string }[] {
  const known = new Set(place.nodes.flatMap((node) => [...node.inputs, ...node.outputs]));
  const inner = (graph?.valueInfos ?? []).filter((value) => known.has(value.name));
  return [
    ...(graph?.inputs ?? []).map((value) => ({ value, role: 'input' })),
    ...(graph?.outputs ?? []).map((value) => ({ value, role: 'output' })),
    ...inner.map((value) => ({ value, role: 'value' })),
  ];
}

function trouble(type: ValueType | null, isRequired: boolean): string | undefined {
  if (type === null) return isRequired ? 'has no type; wanted one, since nothing else tells it' : undefined;
  switch (type.kind) {
    case 'tensor':
    case 'sparse-tensor':
      return type.elementType === 'undefined' ? 'has an element type that is missing or unknown' : undefined;
    case 'sequence':
    case 'optional':
      return type.element === null ? `is of a ${type.kind} type without an element type` : trouble(type.element, true);
    case 'map':
      return type.value === null ? 'is of a map type without a value type' : trouble(type.value, true);
    case 'opaque':
      return undefined;
  }
}
