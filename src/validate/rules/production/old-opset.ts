import type { Rule } from '../rule.ts';

/** `kMinSupportedOpset` of the runtime's transpose optimizer; kernels of older operators are mostly gone as well. */
const OLDEST_OPTIMISED = 7;

export const rule: Rule = {
  id: 'production/old-opset',
  severity: 'warning',
  title: 'The operator set is one that the runtime still optimises',
  explanation:
    'The runtime keeps few kernels for operators older than opset 7, and its graph optimiser leaves such models as they are, so that they run slower than they need to where they run at all.',
  mend: 'Export again for opset 13 or above, or convert with `onnx.version_converter.convert_version`.',
  source: 'onnxruntime, optimizer/transpose_optimization: models below opset 7 are skipped.',
  *check({ model }) {
    const imported = model.opsetImports.findLast(({ domain }) => domain === '');
    if (imported && imported.version < OLDEST_OPTIMISED) {
      yield {
        message: `the model imports opset ${imported.version} of ai.onnx; the runtime optimises from ${OLDEST_OPTIMISED} on`,
      };
    }
  },
};
