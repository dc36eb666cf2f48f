import type { ElementType, ValueType } from '../../onnx/model.ts';

/** Reads a type as operator schemas write it, such as `seq(tensor(float))`; `null` for one that no model can declare. */
export function parseTypeName(name: string): ValueType | null {
  const [, outer, inner = ''] = /^(\w+)\((.*)\)$/.exec(name) ?? [];
  switch (outer) {
    case 'tensor':
      return { kind: 'tensor', elementType: elementType(inner), shape: null };
    case 'sparse_tensor':
      return { kind: 'sparse-tensor', elementType: elementType(inner), shape: null };
    case 'seq':
      return { kind: 'sequence', element: parseTypeName(inner) };
    case 'optional':
      return { kind: 'optional', element: parseTypeName(inner) };
    case 'map': {
      const [key = '', ...value] = inner.split(',');
      return {
        kind: 'map',
        key: elementType(key.trim()),
        value: parseTypeName(value.join(',').trim()) ?? parseTypeName(`tensor(${value.join(',').trim()})`),
      };
    }
    default:
      return null;
  }
}

/** Schemas write element types as onnx.proto does. */
function elementType(name: string): ElementType {
  return name as ElementType;
}
