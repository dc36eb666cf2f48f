import { counted, nodeLocation, operatorName } from '../describe.ts';
import type { Rule, Violation } from '../rule.ts';
import type { NodePlace } from '../rule-context.ts';
import { countRangeText, emptySingles } from './formal-parameters.ts';

export const rule: Rule = {
  id: 'structure/input-count',
  severity: 'error',
  title: 'Every node has the inputs that its operator takes',
  explanation: 'An operator takes a fixed number of inputs or a range; only optional ones may be left out or empty.',
  mend: 'Look at how the exporter wrote this operation; a call to a local function takes at most the inputs it declares.',
  source: 'ONNX specification, Operators; the input counts of each operator version as onnx.defs has them.',
  *check({ nodes }) {
    for (const at of nodes) {
      if (!at.place.reached) continue;
      yield* at.callee ? tooManyForFunction(at, at.callee.inputs.length) : againstSchema(at);
    }
  },
};

function* againstSchema(at: NodePlace): Iterable<Violation> {
  const { schema, node } = at;
  if (!schema) return;
  const { least, most } = schema.inputCount;
  const found = node.inputs.length;
  const location = nodeLocation(at);
  if (found < least || (most !== null && found > most)) {
    const wanted = countRangeText(schema.inputCount);
    yield {
      message: `${operatorName(node)} takes ${wanted}; node "${at.label}" has ${counted(found, 'input')}`,
      location,
    };
    return;
  }
  for (const name of emptySingles(schema.inputs, node.inputs)) {
    yield { message: `${operatorName(node)} needs its input "${name}"; node "${at.label}" leaves it empty`, location };
  }
}

function* tooManyForFunction(at: NodePlace, most: number): Iterable<Violation> {
  const found = at.node.inputs.length;
  if (found <= most) return;
  const message = `function ${operatorName(at.node)} takes ${counted(most, 'input')}; node "${at.label}" gives ${found}`;
  yield { message, location: nodeLocation(at) };
}
