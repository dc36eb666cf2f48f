import type { ValueType } from '../../onnx/model.ts';
import type { FormalParameter, OperatorSchema } from './operator-schemas.ts';
import type { TypeAssignment } from './single-node-model.ts';

/** Types in the places of a node's inputs or outputs; `null` where one is left out or not known. */
export type PortTypes = readonly (ValueType | null)[];

/** What the type variables of a schema stand for in a node with these inputs and outputs. The first that settles one counts. */
export function typeAssignment(
  schema: OperatorSchema,
  { inputs, outputs }: { readonly inputs: PortTypes; readonly outputs: PortTypes },
): TypeAssignment {
  const settled: Record<string, string> = {};
  for (const [formals, types] of [
    [schema.inputs, inputs],
    [schema.outputs, outputs],
  ] as const) {
    types.forEach((type, index) => {
      const variable = formalAt(formals, index)?.type;
      if (type === null || variable === undefined || !schema.types.has(variable)) return;
      settled[variable] ??= typeName(type);
    });
  }
  return settled;
}

/** The last formal parameter goes on where it is variadic. */
function formalAt(formals: readonly FormalParameter[], index: number): FormalParameter | undefined {
  const last = formals.at(-1);
  return formals[index] ?? (last?.option === 'variadic' ? last : undefined);
}

/** A type as operator schemas write it, such as `seq(tensor(float))`. */
export function typeName(type: ValueType): string {
  switch (type.kind) {
    case 'tensor':
      return `tensor(${type.elementType})`;
    case 'sparse-tensor':
      return `sparse_tensor(${type.elementType})`;
    case 'sequence':
      return `seq(${inner(type.element)})`;
    case 'optional':
      return `optional(${inner(type.element)})`;
    case 'map':
      return `map(${type.key}, ${type.value?.kind === 'tensor' ? type.value.elementType : inner(type.value)})`;
    case 'opaque':
      return `opaque(${type.domain}.${type.name})`;
  }
}

function inner(type: ValueType | null): string {
  return type === null ? '' : typeName(type);
}
