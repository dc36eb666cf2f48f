import type { Rule } from '../rule.ts';

/** The first IR version in which a weight need not be an input as well. */
const WEIGHTS_APART = 4;

export const rule: Rule = {
  id: 'production/old-ir',
  severity: 'note',
  title: 'The IR version knows weights that are not inputs',
  explanation:
    'Below IR version 4 every weight is an input that a caller may replace, so the runtime can fold nothing into constants and fuse little: such models start and run slower.',
  mend: 'Export with a newer exporter, or raise `ir_version` to 8 or so after taking the weights out of the inputs.',
  source: 'ONNX specification, Graphs: from IR version 4 on initializers need not be graph inputs.',
  *check({ model }) {
    if (model.irVersion > 0 && model.irVersion < WEIGHTS_APART) {
      yield {
        message: `the IR version is ${model.irVersion}; weights stand apart from inputs from ${WEIGHTS_APART} on`,
      };
    }
  },
};
