import type { Attribute, AttributeValue, Node } from '../../onnx/model.ts';

/** A node of the default domain that an edit adds. */
export function newNode(
  facts: Pick<Node, 'name' | 'opType' | 'inputs' | 'outputs'> & { readonly attributes?: readonly Attribute[] },
): Node {
  return { attributes: [], ...facts, domain: '', overload: '', docString: '', metadata: new Map(), unknown: [] };
}

export function newAttribute(name: string, value: AttributeValue): Attribute {
  return { name, reference: '', docString: '', value, unknown: [] };
}
