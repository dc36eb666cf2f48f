import type { Attribute, AttributeValue } from '../../../onnx/model.ts';
import { nodeLocation, operatorName } from '../describe.ts';
import type { Rule } from '../rule.ts';

export const rule: Rule = {
  id: 'structure/attribute-type',
  severity: 'error',
  title: 'Every attribute holds one value of the type that its operator wants',
  explanation:
    'An attribute names its type and fills the one field of that type. Where the two differ, or several fields are filled, readers disagree about the value, and the runtime refuses the node.',
  mend: 'Write the attribute with the type that the operator wants; `onnx.helper.make_node` does so from the Python value.',
  source:
    'onnx.proto, AttributeProto: `type` and exactly one value field. The runtime: "type field and data field mismatch".',
  *check({ nodes }) {
    for (const at of nodes) {
      if (!at.place.reached) continue;
      for (const attribute of at.node.attributes) {
        const message = trouble(attribute) ?? wrongKind(attribute, at.schema?.attributes.get(attribute.name)?.kind);
        if (message) yield { message: `${operatorName(at.node)}: ${message}`, location: nodeLocation(at) };
      }
    }
  },
};

/** What the file itself says wrongly, whatever the operator. */
function trouble({ name, reference, declaredType, populated = [], value }: Attribute): string | undefined {
  if (name === '') return 'an attribute has no name';
  if (reference !== '') return undefined;
  if (declaredType === 0) return `the attribute "${name}" does not name its type`;
  if (populated.length > 1) return `the attribute "${name}" fills ${populated.join(' and ')}; wanted one value`;
  const [field] = populated;
  if (field === undefined || KIND_OF_FIELD[field] === value.kind) return undefined;
  return `the attribute "${name}" says that it is of type ${value.kind} and fills the field ${field}`;
}

/** The value fields of `AttributeProto`. */
const KIND_OF_FIELD: Readonly<Record<string, AttributeValue['kind']>> = {
  f: 'float',
  i: 'int',
  s: 'string',
  t: 'tensor',
  g: 'graph',
  sparse_tensor: 'sparse-tensor',
  tp: 'type',
  floats: 'floats',
  ints: 'ints',
  strings: 'strings',
  tensors: 'tensors',
  graphs: 'graphs',
  sparse_tensors: 'sparse-tensors',
  type_protos: 'types',
};

function wrongKind(attribute: Attribute, wanted: string | undefined): string | undefined {
  const found = attribute.value.kind;
  if (wanted === undefined || found === wanted || attribute.reference !== '') return undefined;
  return `the attribute "${attribute.name}" is of type ${found}; wanted ${wanted}`;
}
