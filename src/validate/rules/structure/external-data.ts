import type { Rule } from '../rule.ts';

export const rule: Rule = {
  id: 'structure/external-data',
  severity: 'error',
  title: 'External data are there, whole, and inside the folder of the model',
  explanation:
    'Weights may lie in files beside the model. A file that was not copied along, is too short, or belongs to another export makes the model useless; a location that leads out of the folder of the model would let it read any file of the machine.',
  mend: 'Copy the data file together with the model, or save the model anew with its data in one file beside it.',
  source: 'ONNX specification, External Data: a location is relative to the folder of the model and has no "..".',
  *check(context) {
    const { externalData } = context;
    if (!externalData) return;
    const unused = unusedInitializers(context);
    for (const { tensor, graph, failure } of externalData.problems) {
      // Weights that nothing uses are never read; a path that leads out is a danger all the same.
      const harmless = unused.has(tensor) && failure.code !== 'onnx/external-path';
      yield {
        message: failure.message,
        mend: failure.mend,
        location: { ...(graph === '' ? {} : { graph }), tensor: tensor.name },
        severity: harmless ? 'warning' : 'error',
      };
    }
  },
};

function unusedInitializers({ places, usedNames }: Parameters<Rule['check']>[0]): ReadonlySet<object> {
  const unused = new Set<object>();
  for (const place of places) {
    const used = usedNames(place);
    for (const tensor of place.graph?.initializers ?? []) if (!used.has(tensor.name)) unused.add(tensor);
  }
  return unused;
}
