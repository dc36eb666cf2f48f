import type { Shape } from '../../../onnx/model.ts';
import { shapeText } from '../describe.ts';
import type { Rule } from '../rule.ts';

export const rule: Rule = {
  id: 'production/shape-contradiction',
  severity: 'warning',
  title: 'Outputs have the shapes that the model declares',
  explanation:
    'Clients and the server rely on the declared signature. LightGBM declares one label where a batch comes back, CatBoost forgets a dimension; the runtime only warns and gives the real shape.',
  mend: 'Correct the declared output with the onnx package, or leave its shape open.',
  source: 'The runtime on a trial run: "Expected shape from model of … does not match actual shape of …".',
  *check({ model, trialOutputs }) {
    for (const { name, type } of model.graph.outputs) {
      const real = trialOutputs?.get(name);
      const declared: Shape = type?.kind === 'tensor' ? type.shape : null;
      if (!real || declared === null || agrees(declared, real)) continue;
      yield {
        message: `output "${name}" declares ${shapeText(declared)}; a run gave ${shapeText(real)}`,
        location: { tensor: name },
      };
    }
  },
};

function agrees(declared: NonNullable<Shape>, real: readonly number[]): boolean {
  return (
    declared.length === real.length &&
    declared.every((size, i) => typeof size !== 'number' || size < 0 || size === real[i])
  );
}
