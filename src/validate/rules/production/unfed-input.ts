import type { Rule } from '../rule.ts';
import { tensorInputs } from './tensor-inputs.ts';

/** What exporters of TensorFlow call values inside a model: a path of scopes and an output number. */
const INNER_VALUE = /\/[^/]+:\d+$/;

export const rule: Rule = {
  id: 'production/unfed-input',
  severity: 'error',
  title: 'Every input is fed by the cases',
  explanation:
    "An exporter may leave a constant behind as an input: Keras' Normalization does so through two of its export routes. The model passes every checker and can then not be called, since nobody knows what to feed.",
  mend: 'Export by another route (from Keras: save a SavedModel and convert that), or add the input to the cases if it is meant.',
  source: 'The runtime: "Required inputs are missing from input feed".',
  *check({ model, fedInputs }) {
    for (const { name, shape } of tensorInputs(model)) {
      const location = { tensor: name };
      if (fedInputs) {
        if (!fedInputs.has(name)) yield { message: `input "${name}" is fed by no case`, location };
      } else if (INNER_VALUE.test(name) && shape?.every((size) => typeof size === 'number')) {
        const message = `input "${name}" has the name of a value inside the model and a fixed shape; it may be a constant that the exporter left behind`;
        yield { message, location, severity: 'warning' };
      }
    }
  },
};
