import { runtimeLimits } from '../../operators/operator-schemas.ts';
import { domainName } from '../describe.ts';
import type { Rule } from '../rule.ts';

export const rule: Rule = {
  id: 'runtime/opset',
  severity: 'error',
  title: 'No imported operator set is newer than the runtime supports',
  explanation:
    'The runtime takes each operator set up to the newest one that was released when it was built, and refuses newer ones even where the model uses only old operators.',
  mend: 'Export for an older operator set (`opset_version` or `target_opset` of the exporter), or convert with `onnx.version_converter`.',
  source: 'The runtime: "Current official support for domain … is till opset …".',
  *check({ model }) {
    const { opsets } = runtimeLimits();
    for (const { domain, version } of model.opsetImports) {
      const newest = opsets.get(domain);
      if (newest !== undefined && version > newest) {
        yield {
          message: `the model imports opset ${version} of ${domainName(domain)}; the runtime supports up to ${newest}`,
        };
      }
    }
  },
};
