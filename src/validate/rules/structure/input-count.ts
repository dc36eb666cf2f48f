import type { LocalFunction } from '../../../onnx/model.ts';
import { schemaFor } from '../../operators/operator-schemas.ts';
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
      yield* at.callee ? againstFunction(at, at.callee) : againstSchema(at);
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

function* againstFunction(at: NodePlace, fn: LocalFunction): Iterable<Violation> {
  const { inputs } = at.node;
  const name = `function ${operatorName(at.node)}`;
  const location = nodeLocation(at);
  if (inputs.length > fn.inputs.length) {
    const most = counted(fn.inputs.length, 'input');
    yield { message: `${name} takes ${most}; node "${at.label}" gives ${inputs.length}`, location };
  }
  for (const [index, formal] of fn.inputs.entries()) {
    if ((inputs[index] ?? '') !== '' || !isRequired(formal, { fn, at })) continue;
    yield { message: `${name} needs its input "${formal}"; node "${at.label}" leaves it out`, location };
  }
}

/** A function may be called without an input that its nodes take as optional. */
function isRequired(formal: string, { fn, at }: { readonly fn: LocalFunction; readonly at: NodePlace }): boolean {
  return fn.nodes.some(({ domain, opType, inputs }) => {
    const place = inputs.indexOf(formal);
    const schema = schemaFor({ domain, name: opType }, at.place.opsets.get(domain) ?? 0);
    return place >= 0 && schema?.inputs[place]?.option === 'single';
  });
}
