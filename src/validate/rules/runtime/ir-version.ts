import { runtimeLimits } from '../../operators/operator-schemas.ts';
import type { Rule } from '../rule.ts';

export const rule: Rule = {
  id: 'runtime/ir-version',
  severity: 'error',
  title: 'The IR version is not newer than the runtime knows',
  explanation:
    'The runtime refuses a file of a newer IR version before it looks at anything else. The onnx package stamps its own newest version on every model that it makes, whatever the model uses.',
  mend: 'Export with `ir_version` set to what the runtime knows, or lower `model.ir_version` with the onnx package where the model uses nothing newer.',
  source: 'The runtime: "Unsupported model IR version".',
  *check({ model }) {
    const newest = runtimeLimits().irVersion;
    if (model.irVersion > newest) {
      yield { message: `the IR version is ${model.irVersion}; the runtime knows up to ${newest}` };
    }
  },
};
