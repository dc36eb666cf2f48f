import type { Rule } from '../rule.ts';
import { tensorInputs } from './tensor-inputs.ts';

export const rule: Rule = {
  id: 'production/unbounded-dimension',
  severity: 'warning',
  title: 'Every dimension that the model leaves open has a bound',
  explanation:
    'How much memory a model takes depends on the sizes it is given. Without a bound nobody can say whether it fits, and one large request can take down the server, which therefore refuses what is beyond the bounds.',
  mend: 'Write the largest size that will be served below `bounds` in plimsoll.yaml, or pass `--bound NAME=SIZE`.',
  source: 'Practice: memory is planned at the declared bounds.',
  *check({ model, bounds }) {
    if (!bounds) return;
    const seen = new Set(Object.keys(bounds));
    for (const { name, shape } of tensorInputs(model)) {
      for (const [axis, size] of (shape ?? []).entries()) {
        if (typeof size !== 'string' || seen.has(size)) continue;
        seen.add(size);
        yield { message: `"${size}", dimension ${axis} of input "${name}", has no bound`, location: { tensor: name } };
      }
    }
  },
};
