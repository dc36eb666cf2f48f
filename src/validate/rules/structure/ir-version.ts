import type { Rule } from '../rule.ts';

export const rule: Rule = {
  id: 'structure/ir-version',
  severity: 'error',
  title: 'The model says which IR version it is written in',
  explanation:
    'The IR version decides how the file is to be read, for instance whether weights must also be graph inputs. A file without one is damaged or no model.',
  mend: 'Export the model again, or set `ir_version` with the onnx package.',
  source: 'ONNX specification, Versioning: `ir_version` is required. The runtime: "Missing model IR version".',
  *check({ model }) {
    if (model.irVersion <= 0) yield { message: `the IR version is ${model.irVersion}; wanted 1 or above` };
  },
};
