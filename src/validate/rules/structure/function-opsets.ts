import type { OpsetImport } from '../../../onnx/model.ts';
import { schemaFor } from '../../operators/operator-schemas.ts';
import { domainName, nodeLocation, operatorName } from '../describe.ts';
import { callKey, functionKey } from '../graph-places.ts';
import type { Rule, Violation } from '../rule.ts';
import type { NodePlace, RuleContext } from '../rule-context.ts';

export const rule: Rule = {
  id: 'structure/function-opsets',
  severity: 'error',
  title: 'Functions import the operator sets that they use, and the model those of its functions',
  explanation:
    'A function has operator-set imports of its own. The runtime refuses a function that uses a domain without importing it, and a call into a domain that the model does not import. Where function and model import different versions, it silently takes those of the model.',
  mend: 'Import in each function every domain that its nodes name, in the same version as the model does.',
  source: 'ONNX specification, Functions. The runtime: "No opset registered for domain … in function opset imports".',
  *check(context) {
    yield* undeclaredCalls(context);
    for (const at of context.nodes) yield* insideFunction(at, context.model.opsetImports);
  },
};

function* undeclaredCalls({ model, nodes }: RuleContext): Iterable<Violation> {
  const imported = new Set(model.opsetImports.map(({ domain }) => domain));
  const local = new Set(model.functions.map(functionKey));
  for (const at of nodes) {
    const { node, place } = at;
    if (place.function || imported.has(node.domain) || !local.has(callKey(node))) continue;
    const message = `${operatorName(node)} is a function of the model, which does not import the domain ${domainName(node.domain)}`;
    yield { message, location: nodeLocation(at) };
  }
}

function* insideFunction(at: NodePlace, ofModel: readonly OpsetImport[]): Iterable<Violation> {
  const fn = at.place.function;
  if (!fn || !at.place.reached) return;
  const { domain, opType } = at.node;
  const own = fn.opsetImports.find((opset) => opset.domain === domain)?.version;
  const location = nodeLocation(at);
  if (own === undefined) {
    const message = `function ${fn.name} uses ${operatorName(at.node)} and does not import the domain ${domainName(domain)}`;
    yield { message, location };
    return;
  }
  const outside = ofModel.findLast((opset) => opset.domain === domain)?.version ?? own;
  const id = { domain, name: opType };
  const [meant, taken] = [schemaFor(id, own)?.since, schemaFor(id, outside)?.since];
  if (meant === undefined || meant === taken || at.callee) return;
  yield {
    message: `function ${fn.name} means ${operatorName(at.node)} of opset ${own}; the model imports opset ${outside}, in which it differs`,
    location,
    severity: 'warning',
  };
}
