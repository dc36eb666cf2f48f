import type { Metadata, Model } from '../../../onnx/model.ts';
import { counted } from '../../rules/describe.ts';
import { leakIn } from '../../rules/production/leaky-metadata.ts';
import { mapGraphs } from '../edit-graphs.ts';
import { mapKept, withParts } from '../keep-same.ts';
import type { Mend } from '../mend.ts';

export const stripLeaks: Mend = {
  rule: 'production/leaky-metadata',
  title: 'Strip texts with paths and source lines',
  apply(model) {
    const stripped = { count: 0, characters: 0 };
    const strip = <T extends Described>(item: T): T => stripItem(item, stripped);
    const graphs = mapGraphs(model, (graph) =>
      strip(
        withParts(graph, {
          nodes: mapKept(graph.nodes, strip),
          inputs: mapKept(graph.inputs, strip),
          outputs: mapKept(graph.outputs, strip),
          valueInfos: mapKept(graph.valueInfos, strip),
          initializers: mapKept(graph.initializers, strip),
        }),
      ),
    );
    const functions = mapKept(graphs.functions, (local) =>
      strip(withParts(local, { nodes: mapKept(local.nodes, strip) })),
    );
    const whole: Model = strip(withParts(graphs, { functions }));
    if (stripped.count === 0) return { model, changes: [] };
    return {
      model: whole,
      changes: [`stripped ${counted(stripped.count, 'text')} of ${stripped.characters} characters`],
    };
  },
};

/** As far as the rule looks. */
const CHARACTERS_LOOKED_AT = 4096;

interface Described {
  readonly docString: string;
  readonly metadata: Metadata;
}

function stripItem<T extends Described>(item: T, stripped: { count: number; characters: number }): T {
  const leaks = (text: string): boolean => {
    const isLeaky = leakIn(text.slice(0, CHARACTERS_LOOKED_AT)) !== undefined;
    if (isLeaky) {
      stripped.count += 1;
      stripped.characters += text.length;
    }
    return isLeaky;
  };
  const kept = [...item.metadata].filter(([, text]) => !leaks(text));
  const parts: Partial<Described> = {
    docString: leaks(item.docString) ? '' : item.docString,
    metadata: kept.length === item.metadata.size ? item.metadata : new Map(kept),
  };
  return withParts(item, parts as Partial<T>);
}
