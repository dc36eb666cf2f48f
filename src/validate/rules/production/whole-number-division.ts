import type { Node } from '../../../onnx/model.ts';
import type { Fact } from '../../shapes/fact.ts';
import { nodeLocation } from '../describe.ts';
import type { Rule, Violation } from '../rule.ts';
import type { NodePlace, RuleContext } from '../rule-context.ts';

/** Narrower ones are divided as 32 bits, where the quotient fits. */
const TRAPPED: ReadonlySet<unknown> = new Set(['int32', 'int64']);

/** What makes a divisor that is no danger: stored, kept from below something, or a count. */
const HARMLESS: ReadonlySet<string> = new Set(['Constant', 'Max', 'Clip', 'Abs', 'ArgMax', 'ArgMin', 'NonZero']);

export const rule: Rule = {
  id: 'production/whole-number-division',
  severity: 'warning',
  title: 'No request chooses what whole numbers are divided by',
  explanation:
    'The smallest number of 32 or 64 bits divided by -1 is larger than the largest. x86-64 answers that with a trap, which ends the process: whoever sends both numbers ends the server, with the requests of all others. (Division by zero the runtime refuses.)',
  mend: 'Keep a divisor that counts from below 1 with `Max(divisor, 1)`, divide as float and round, or let the divisor be a constant.',
  source:
    'onnxruntime 1.30, which ends with SIGFPE in Div and Mod; Intel’s manual on IDIV: #DE where the quotient does not fit.',
  *check(context) {
    for (const at of context.nodes) {
      const { opType, domain } = at.node;
      if (domain === '' && (opType === 'Div' || opType === 'Mod') && at.place.reached)
        yield* checkDivision(at, context);
    }
  },
};

function* checkDivision(at: NodePlace, { shapedFacts, nodes }: RuleContext): Generator<Violation> {
  const [dividend = '', divisor = ''] = at.node.inputs;
  const isOpenDivision = shapedFacts(at.place).some((factOf) => isOpen(factOf(dividend)) && isOpen(factOf(divisor)));
  if (!isOpenDivision || isHarmless(divisor, at, nodes)) return;
  yield {
    message: `${at.node.opType} "${at.label}" divides whole numbers by "${divisor}", which requests decide`,
    location: nodeLocation(at, { tensor: divisor }),
  };
}

/** Whether values are whole numbers that nothing tells before a request comes; dimensions, and what is computed from them, are told. */
function isOpen(fact: Fact | undefined): boolean {
  return fact?.kind === 'tensor' && TRAPPED.has(fact.elementType) && (fact.elements?.includes(null) ?? true);
}

function isHarmless(divisor: string, { place }: NodePlace, nodes: readonly NodePlace[]): boolean {
  const isMaker = ({ node }: { readonly node: Node }): boolean => node.outputs.includes(divisor);
  const maker = nodes.find(isMaker)?.node;
  if (maker !== undefined) return HARMLESS.has(maker.opType);
  return place.graph?.initializers.some(({ name }) => name === divisor) ?? false;
}
