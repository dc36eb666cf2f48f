import { ELEMENT_TYPES, elementTypeOf } from '../../../onnx/element-types.ts';
import type { ElementType } from '../../../onnx/model.ts';
import { Contradiction } from '../contradiction.ts';
import type { NodeContext } from '../node-context.ts';

/**
 * The element type that an attribute names by its number in onnx.proto, 0 meaning that it is not said; before version 6 of
 * the operator set Cast had its name.
 */
export function elementTypeAttribute(
  context: NodeContext,
  name: string,
  otherwise: ElementType = 'undefined',
): ElementType {
  const text = context.text(name, '').toLowerCase();
  if (isElementType(text)) return text;
  const code = context.int(name);
  if (code === null || code === 0) return otherwise;
  const type = elementTypeOf(code);
  if (type === null) throw new Contradiction(`attribute ${name} names no element type`, { found: String(code) });
  return type;
}

function isElementType(text: string): text is ElementType {
  return Object.hasOwn(ELEMENT_TYPES, text);
}
