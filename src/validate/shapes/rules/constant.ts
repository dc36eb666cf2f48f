import type { AttributeValue, ElementType } from '../../../onnx/model.ts';
import { Contradiction } from '../contradiction.ts';
import { MAX_ELEMENTS } from '../elements.ts';
import { type Element, type Fact, tensor } from '../fact.ts';
import type { NodeContext } from '../node-context.ts';
import type { Rule } from '../rule.ts';

/** The one attribute that a `Constant` has is its value. */
export const constant: Rule = (context) => {
  for (const [name, read] of Object.entries(READERS)) {
    const value = context.attribute(name);
    const fact = value && read(value, context);
    if (fact) return [fact];
  }
  throw new Contradiction('a constant has no value', { wanted: Object.keys(READERS).join(', ') });
};

const READERS: Readonly<Record<string, (value: AttributeValue, context: NodeContext) => Fact | null>> = {
  value: (value, { services }) =>
    value.kind === 'tensor'
      ? tensor(value.value.elementType, value.value.dims, services.readTensor(value.value))
      : null,
  // The format of the file is sparse, what comes out is not.
  sparse_value: (value) =>
    value.kind === 'sparse-tensor' ? tensor(value.value.values.elementType, value.value.dims) : null,
  value_int: (value) => (value.kind === 'int' ? tensor('int64', [], [Number(value.value)]) : null),
  value_float: (value) => (value.kind === 'float' ? tensor('float', [], [value.value]) : null),
  value_string: (value) => (value.kind === 'string' ? tensor('string', []) : null),
  value_ints: (value) => (value.kind === 'ints' ? list('int64', value.count, () => value.values().map(Number)) : null),
  value_floats: (value) => (value.kind === 'floats' ? list('float', value.count, () => value.values()) : null),
  value_strings: (value) => (value.kind === 'strings' ? tensor('string', [value.count]) : null),
};

function list(type: ElementType, count: number, values: () => readonly Element[]): Fact {
  return tensor(type, [count], count <= MAX_ELEMENTS ? values() : null);
}
