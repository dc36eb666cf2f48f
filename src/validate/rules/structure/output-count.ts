import { counted, nodeLocation, operatorName } from '../describe.ts';
import type { Rule, Violation } from '../rule.ts';
import type { NodePlace } from '../rule-context.ts';
import { countRangeText, emptySingles } from './formal-parameters.ts';

export const rule: Rule = {
  id: 'structure/output-count',
  severity: 'error',
  title: 'Every node has the outputs that its operator gives',
  explanation: 'An operator gives a fixed number of outputs or a range; only optional ones may be left out or empty.',
  mend: 'Look at how the exporter wrote this operation; a call to a local function gives the outputs it declares.',
  source: 'ONNX specification, Operators; the output counts of each operator version as onnx.defs has them.',
  *check({ nodes }) {
    for (const at of nodes) {
      if (!at.place.reached) continue;
      yield* at.callee ? againstFunction(at, at.callee.outputs.length) : againstSchema(at);
    }
  },
};

function* againstSchema(at: NodePlace): Iterable<Violation> {
  const { schema, node } = at;
  if (!schema) return;
  const { least, most } = schema.outputCount;
  const found = node.outputs.length;
  const location = nodeLocation(at);
  if (found < least || (most !== null && found > most)) {
    const wanted = countRangeText(schema.outputCount);
    yield {
      message: `${operatorName(node)} gives ${wanted}; node "${at.label}" has ${counted(found, 'output')}`,
      location,
    };
    return;
  }
  for (const name of emptySingles(schema.outputs, node.outputs)) {
    yield { message: `${operatorName(node)} gives "${name}"; node "${at.label}" leaves its name empty`, location };
  }
}

function* againstFunction(at: NodePlace, declared: number): Iterable<Violation> {
  const found = at.node.outputs.length;
  if (found === declared) return;
  const message = `function ${operatorName(at.node)} gives ${counted(declared, 'output')}; node "${at.label}" names ${found}`;
  yield { message, location: nodeLocation(at) };
}
