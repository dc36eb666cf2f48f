import { domainName } from '../describe.ts';
import { functionKey } from '../graph-places.ts';
import type { Rule } from '../rule.ts';

export const rule: Rule = {
  id: 'structure/duplicate-function',
  severity: 'warning',
  title: 'No two functions have the same domain, name and overload',
  explanation: 'Which of two functions a call means would be up to the reader; the runtime takes one without a word.',
  mend: 'Remove one, or give them different overloads and name them in the calls.',
  source: 'ONNX specification, Functions: domain, name and overload identify a function. The runtime accepts them.',
  *check({ model }) {
    const seen = new Set<string>();
    for (const fn of model.functions) {
      const key = functionKey(fn);
      if (seen.has(key)) yield { message: `the function ${domainName(fn.domain)}:${fn.name} is there twice` };
      seen.add(key);
    }
  },
};
