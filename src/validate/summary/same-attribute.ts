import { isSameList } from '../../nouns/same-list.ts';
import type { Attribute, AttributeValue } from '../../onnx/model.ts';

/** Whether two attributes say the same. Tensors and graphs count as equal here: their tensors and nodes are compared apart. */
export function isSameAttribute(one: Attribute, other: Attribute): boolean {
  if (one.reference !== other.reference) return false;
  return isSameValue(one.value, other.value);
}

function isSameValue(one: AttributeValue, other: AttributeValue): boolean {
  switch (one.kind) {
    case 'float':
      return other.kind === 'float' && Object.is(one.value, other.value);
    case 'int':
      return other.kind === 'int' && one.value === other.value;
    case 'string':
      return other.kind === 'string' && Buffer.compare(one.value, other.value) === 0;
    case 'floats':
      return other.kind === 'floats' && one.count === other.count && isSameList(one.values(), other.values());
    case 'ints':
      return other.kind === 'ints' && one.count === other.count && isSameList(one.values(), other.values());
    case 'strings':
      return (
        other.kind === 'strings' &&
        one.count === other.count &&
        isSameList(one.values(), other.values(), (a, b) => Buffer.compare(a, b) === 0)
      );
    case 'type':
      return other.kind === 'type' && JSON.stringify(one.value) === JSON.stringify(other.value);
    case 'types':
      return other.kind === 'types' && JSON.stringify(one.values) === JSON.stringify(other.values);
    default:
      return one.kind === other.kind;
  }
}
