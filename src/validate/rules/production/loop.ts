import { counted, firstFew, nodeLocation } from '../describe.ts';
import type { Rule } from '../rule.ts';

const LOOPS: ReadonlySet<string> = new Set(['Loop', 'Scan', 'SequenceMap']);

export const rule: Rule = {
  id: 'production/loop',
  severity: 'note',
  title: 'The model has no loops',
  explanation:
    'How long a Loop runs may depend on its data, so neither time nor memory of a request has a bound that can be told beforehand; its body is run node by node, without the fusions of the graph around it.',
  mend: 'Use an operator that does the whole, such as LSTM or a cumulative one, where there is one; else keep the time limit of requests short.',
  source: 'ONNX operators Loop, Scan and SequenceMap.',
  *check({ nodes }) {
    const loops = nodes.filter(({ node, place }) => node.domain === '' && LOOPS.has(node.opType) && place.reached);
    const [first] = loops;
    if (!first) return;
    const names = firstFew(loops.map((at) => `${at.node.opType} "${at.label}"`));
    yield { message: `${counted(loops.length, 'node')} that repeat a graph: ${names}`, location: nodeLocation(first) };
  },
};
