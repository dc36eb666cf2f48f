import { domainName, nodeLocation, operatorName } from '../describe.ts';
import type { Rule } from '../rule.ts';

export const rule: Rule = {
  id: 'production/unimported-domain',
  severity: 'warning',
  title: 'The model imports every domain whose operators it uses',
  explanation:
    'The runtime takes its own newest version of a domain that is used and not imported; strict readers refuse the model, and the next runtime may mean something else.',
  mend: 'Add the import of the domain with the onnx package.',
  source: 'ONNX specification, Models: `opset_import` names every operator set that the model needs.',
  *check({ model, nodes }) {
    const seen = new Set(['', ...model.opsetImports.map(({ domain }) => domain)]);
    for (const at of nodes) {
      const { domain } = at.node;
      if (at.place.function || seen.has(domain)) continue;
      seen.add(domain);
      yield {
        message: `${operatorName(at.node)} is used and ${domainName(domain)} is not imported`,
        location: nodeLocation(at),
      };
    }
  },
};
