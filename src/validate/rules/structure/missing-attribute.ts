import type { Attribute, LocalFunction, Node } from '../../../onnx/model.ts';
import { schemaFor } from '../../operators/operator-schemas.ts';
import { nodeLocation, operatorName } from '../describe.ts';
import type { Rule, Violation } from '../rule.ts';
import type { NodePlace } from '../rule-context.ts';

export const rule: Rule = {
  id: 'structure/missing-attribute',
  severity: 'error',
  title: 'Every node has the attributes that its operator requires',
  explanation: 'Attributes without a default must be given; a node without them has no meaning.',
  mend: 'Look at how the exporter wrote this operation, and for which operator set.',
  source: 'ONNX specification, Operators; the required attributes of each operator version as onnx.defs has them.',
  *check({ nodes }) {
    for (const at of nodes) {
      if (!at.place.reached) continue;
      if (at.schema) yield* missing(at, requiredBySchema(at));
      else if (at.callee) yield* missing(at, requiredByFunction(at.callee, at));
      if (at.schema?.name === 'Constant' && at.node.domain === '' && at.node.attributes.length === 0) {
        const message = `ai.onnx:Constant needs an attribute that holds its value; node "${at.label}" has none`;
        yield { message, location: nodeLocation(at) };
      }
    }
  },
};

function* missing(at: NodePlace, required: readonly string[]): Iterable<Violation> {
  const given = new Set(at.node.attributes.filter((attribute) => hasValue(attribute, at)).map(({ name }) => name));
  for (const name of required) {
    if (given.has(name)) continue;
    const message = `${operatorName(at.node)} requires the attribute "${name}"; node "${at.label}" does not have it`;
    yield { message, location: nodeLocation(at) };
  }
}

/** A reference has a value where the function around it declares the attribute that it refers to. */
function hasValue({ reference }: Attribute, { place: { function: fn } }: NodePlace): boolean {
  if (reference === '' || !fn) return true;
  return fn.attributes.includes(reference) || fn.attributeDefaults.some(({ name }) => name === reference);
}

function requiredBySchema(at: NodePlace): readonly string[] {
  return [...(at.schema?.attributes ?? [])].filter(([, attribute]) => attribute.required).map(([name]) => name);
}

/** A function's attribute without a default may be left out, unless an operator inside requires what it refers to. */
function requiredByFunction(fn: LocalFunction, at: NodePlace): readonly string[] {
  return fn.attributes.filter((name) => fn.nodes.some((node) => requiresReference(node, { name, at })));
}

function requiresReference(node: Node, { name, at }: { name: string; at: NodePlace }): boolean {
  const refers = node.attributes.filter((attribute: Attribute) => attribute.reference === name);
  const schema = schemaFor({ domain: node.domain, name: node.opType }, at.place.opsets.get(node.domain) ?? 0);
  return refers.some((attribute) => schema?.attributes.get(attribute.name)?.required === true);
}
