import type { Graph, Node, ValueInfo, ValueType } from '../../onnx/model.ts';

/** What probes leave empty in every part of a model. */
export const NOTHING = { docString: '', metadata: new Map<string, string>(), unknown: [] } as const;

export function probeGraph(
  nodes: readonly Node[],
  ports: { readonly inputs: readonly ValueInfo[]; readonly outputs: readonly ValueInfo[] },
): Graph {
  const without = { initializers: [], sparseInitializers: [], valueInfos: [], quantizationAnnotations: [] };
  return { ...NOTHING, ...without, ...ports, name: 'probe', nodes };
}

export function valueInfo(name: string, type: ValueType | null): ValueInfo {
  return { ...NOTHING, name, type };
}

export function identityNode(input: string, output: string): Node {
  return {
    ...NOTHING,
    name: '',
    opType: 'Identity',
    domain: '',
    overload: '',
    inputs: [input],
    outputs: [output],
    attributes: [],
  };
}
