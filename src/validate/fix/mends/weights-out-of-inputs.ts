import { counted, firstFew } from '../../rules/describe.ts';
import { filterKept, withParts } from '../keep-same.ts';
import type { Mend } from '../mend.ts';

/** The first IR version in which a weight need not be an input as well. */
const WEIGHTS_APART = 4;

export const weightsOutOfInputs: Mend = {
  rule: 'production/initializer-as-input',
  title: 'Take weights out of the inputs',
  apply(model) {
    const { graph, irVersion } = model;
    const stored = new Set(graph.initializers.map(({ name }) => name));
    const inputs = filterKept(graph.inputs, ({ name }) => !stored.has(name));
    const count = graph.inputs.length - inputs.length;
    if (count === 0) return { model, changes: [] };
    const names = firstFew(graph.inputs.map(({ name }) => name).filter((name) => stored.has(name)));
    const isOld = irVersion < WEIGHTS_APART;
    return {
      model: { ...model, graph: withParts(graph, { inputs }), irVersion: isOld ? WEIGHTS_APART : irVersion },
      changes: [
        `took ${counted(count, 'weight')} out of the inputs: ${names}`,
        ...(isOld ? [`raised the IR version from ${irVersion} to ${WEIGHTS_APART}, which first allows that`] : []),
      ],
    };
  },
};
