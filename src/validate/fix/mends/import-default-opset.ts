import { runtimeLimits } from '../../operators/operator-schemas.ts';
import type { Mend } from '../mend.ts';

export const importDefaultOpset: Mend = {
  rule: 'production/no-default-opset',
  title: 'Import the operator set that the runtime takes for granted',
  apply(model) {
    const version = runtimeLimits().opsets.get('');
    const { opsetImports } = model;
    // A model without any import has no meaning that could be kept.
    if (version === undefined || opsetImports.length === 0 || opsetImports.some(({ domain }) => domain === '')) {
      return { model, changes: [] };
    }
    return {
      model: { ...model, opsetImports: [...opsetImports, { domain: '', version }] },
      changes: [`imported version ${version} of ai.onnx, the one that the runtime assumed`],
    };
  },
};
