import { UNFUSE } from '../../operators/fused-elsewhere.ts';
import { acceptedTypes, kernelFor } from '../../operators/kernel-facts.ts';
import type { OperatorSchema } from '../../operators/operator-schemas.ts';
import { firstFew, nodeLocation, operatorName } from '../describe.ts';
import { typeAssignment } from '../fact-type.ts';
import type { Rule } from '../rule.ts';
import type { NodePlace, RuleContext } from '../rule-context.ts';

export const rule: Rule = {
  id: 'runtime/no-kernel',
  severity: 'error',
  title: 'The runtime has a kernel for every node and its types',
  explanation:
    'The specification allows more than any runtime implements: a kernel may be missing for an old version of an operator, for double or 16-bit integers, or altogether. The runtime then refuses the model when the session is created.',
  mend: 'Convert the value to a type that has a kernel (float, in doubt) with a Cast, or export for another operator set.',
  source: 'Kernels of the locked runtime, found by loading a model of one node for each operator, version and types.',
  *check(context) {
    for (const at of context.nodes) {
      if (!at.schema || !at.place.reached || isConstant(at)) continue;
      const refused = refusedTypes(at, { context, schema: at.schema });
      if (refused === undefined) continue;
      const message = `${operatorName(at.node)} of opset ${at.schema.since} has no kernel in the runtime${refused}`;
      yield { message, location: nodeLocation(at), ...(refused === '' && { mend: OTHER_FORM }) };
    }
  },
};

/** No type helps where there is no kernel for any. */
const OTHER_FORM = `Export for another operator set. ${UNFUSE}`;

/** Constants need no kernel: they are made weights when a model is loaded. */
function isConstant({ node }: NodePlace): boolean {
  return node.opType === 'Constant' && node.domain === '';
}

/** What to say of the types for which there is no kernel; `undefined` where there is one, or where nobody knows. */
function refusedTypes(
  at: NodePlace,
  { context, schema }: { readonly context: RuleContext; readonly schema: OperatorSchema },
): string | undefined {
  const { kernels } = context;
  if (!kernels) return undefined;
  const question = { domain: schema.domain, opType: schema.name, since: schema.since };
  const calls = context.shapedFacts(at.place);
  const assignments = calls.length === 0 ? [{}] : calls.map((facts) => typeAssignment(at, { schema, facts }));
  for (const types of assignments) {
    if (kernelFor(kernels, { ...question, types }) !== 'no') continue;
    if (kernelFor(kernels, { ...question, types: {} }) === 'no') return '';
    const found = Object.entries(types).map(([variable, type]) => `${variable} = ${type}`);
    const [variable] = Object.entries(types).find(([name, type]) => {
      return kernelFor(kernels, { ...question, types: { [name]: type } }) === 'no';
    }) ?? [undefined];
    const known = variable === undefined ? [] : acceptedTypes(kernels, { ...question, variable });
    const offer = known.length === 0 ? '' : `; there are kernels for ${variable} = ${firstFew(known, 8)}`;
    return ` for ${found.join(', ')}${offer}`;
  }
  return undefined;
}
