import { domainName } from '../describe.ts';
import type { Rule } from '../rule.ts';

export const rule: Rule = {
  id: 'structure/opset-imports',
  severity: 'error',
  title: 'The model imports each operator set once, and at least one',
  explanation:
    'The imports say which version of each operator is meant. Without any, no operator has a meaning. A domain that is imported twice means the last version to the runtime and may mean the first to other readers.',
  mend: 'Leave one import for each domain, of the version that the exporter was asked for.',
  source:
    'ONNX specification, Models: `opset_import` is required and no two imports name one domain. The runtime refuses a model without imports and takes the last of several.',
  *check({ model }) {
    if (model.opsetImports.length === 0) yield { message: 'the model imports no operator set' };
    const versions = new Map<string, number[]>();
    for (const { domain, version } of model.opsetImports) {
      versions.set(domain, [...(versions.get(domain) ?? []), version]);
    }
    for (const [domain, found] of versions) {
      if (found.length < 2) continue;
      const differ = new Set(found).size > 1;
      yield {
        message: `the operator set ${domainName(domain)} is imported ${found.length} times: version ${found.join(', ')}`,
        severity: differ ? 'warning' : 'note',
      };
    }
  },
};
