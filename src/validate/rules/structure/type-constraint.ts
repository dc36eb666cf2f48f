import type { FormalParameter, OperatorSchema } from '../../operators/operator-schemas.ts';
import { firstFew, nodeLocation, operatorName } from '../describe.ts';
import { typeOfFact } from '../fact-type.ts';
import type { Rule, Violation } from '../rule.ts';
import type { NodePlace } from '../rule-context.ts';
import type { ValueFacts } from '../shaped-graphs.ts';

export const rule: Rule = {
  id: 'structure/type-constraint',
  severity: 'error',
  title: 'Every node takes types that its operator allows',
  explanation:
    'An operator lists the types that it takes, and often wants the same type for several inputs: Add does not add an int64 to a float. Newer operator sets allow more types than older ones.',
  mend: 'Insert a Cast, or export for an operator set that allows the type.',
  source: 'ONNX specification, type constraints of each operator version. The runtime: "Type Error".',
  *check({ nodes, shapedFacts }) {
    for (const at of nodes) {
      if (!at.schema || !at.place.reached) continue;
      for (const facts of shapedFacts(at.place)) {
        const violation = firstViolation(at, { schema: at.schema, facts });
        if (!violation) continue;
        yield violation;
        break;
      }
    }
  },
};

function firstViolation(
  at: NodePlace,
  { schema, facts }: { schema: OperatorSchema; facts: ValueFacts },
): Violation | undefined {
  const bound = new Map<string, { type: string; name: string }>();
  for (const [index, name] of at.node.inputs.entries()) {
    const formal = schema.inputs[index] ?? lastVariadic(schema.inputs);
    const type = typeOfFact(facts(name));
    if (name === '' || !formal || !type) continue;
    const location = nodeLocation(at, { tensor: name });
    const allowed = schema.types.get(formal.type) ?? [formal.type];
    if (!allowed.includes(type)) {
      const message = `${operatorName(at.node)} of opset ${schema.since} does not take ${type} as "${formal.name}"; wanted ${firstFew(allowed, 12)}`;
      return { message, location };
    }
    const other = bound.get(formal.type);
    if (!schema.types.has(formal.type) || !formal.homogeneous) continue;
    if (other && other.type !== type) {
      const message = `${operatorName(at.node)} wants one type for "${other.name}" and "${name}"; found ${other.type} and ${type}`;
      return { message, location };
    }
    bound.set(formal.type, { type, name });
  }
  return undefined;
}

function lastVariadic(formals: readonly FormalParameter[]): FormalParameter | undefined {
  const last = formals.at(-1);
  return last?.option === 'variadic' ? last : undefined;
}
