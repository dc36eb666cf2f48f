import { nearest } from '../../../nouns/nearest.ts';
import type { Model, ValueInfo } from '../../../onnx/model.ts';
import type { Rule } from '../rule.ts';

export const rule: Rule = {
  id: 'config/unknown-bound',
  severity: 'warning',
  title: 'Every bound is for a dimension that the model has',
  explanation:
    'A bound for a name that no dimension of the model bears bounds nothing: memory is planned, and requests are refused, as if it were not there.',
  mend: 'Write the name as the model has it; plimsoll inspect shows the names. Or remove the bound.',
  source: 'plimsoll.yaml, `bounds`.',
  *check({ model, bounds = {} }) {
    const known = symbolsOf(model);
    for (const name of Object.keys(bounds)) {
      if (known.has(name)) continue;
      yield { message: `no dimension of the model is called "${name}"`, nearest: () => nearest(name, known) };
    }
  },
};

function symbolsOf({ graph }: Model): ReadonlySet<string> {
  return new Set([...graph.inputs, ...graph.outputs, ...graph.valueInfos].flatMap(symbols));
}

function symbols({ type }: ValueInfo): readonly string[] {
  if (type?.kind !== 'tensor') return [];
  return (type.shape ?? []).filter((size) => typeof size === 'string');
}
