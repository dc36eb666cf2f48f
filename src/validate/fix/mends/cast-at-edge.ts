import { ELEMENT_TYPES } from '../../../onnx/element-types.ts';
import type { ElementType, Graph, Model, Node, ValueInfo, ValueType } from '../../../onnx/model.ts';
import { firstFew } from '../../rules/describe.ts';
import { mapKept, withParts } from '../keep-same.ts';
import type { Mend } from '../mend.ts';
import { newAttribute, newNode } from '../new-node.ts';
import { freshNames, renameReads } from '../value-names.ts';

export const castAtEdge: Mend = {
  rule: 'runtime/binding-type',
  title: 'Cast inputs and outputs of types that the server cannot carry',
  apply(model) {
    const fresh = freshNames(model);
    const changes: string[] = [];
    let { graph } = model;
    for (const input of inputsToCast(graph)) {
      graph = castInput(graph, { ...input, fresh });
      changes.push(`input "${input.info.name}" is ${input.to} now, cast to ${input.from} inside`);
    }
    for (const output of outputsToCast(graph)) {
      graph = castOutput(graph, { ...output, fresh });
      changes.push(`output "${output.info.name}" is ${output.to} now, cast from ${output.from} inside`);
    }
    const left = leftAlone(model.graph);
    return {
      model: changes.length === 0 ? model : ({ ...model, graph } satisfies Model),
      changes,
      ...(left !== undefined && { left }),
    };
  },
};

/** Why edges that are no tensors stay: what would stand in their place depends on what they are for. */
function leftAlone({ inputs, outputs }: Graph): string | undefined {
  const kinds = [...inputs, ...outputs].filter(({ type }) => type?.kind === 'sequence' || type?.kind === 'map');
  if (kinds.length === 0) return undefined;
  const names = firstFew(kinds.map(({ name, type }) => `"${name}" (${type?.kind})`));
  return `${names}: no cast makes a tensor of these; lint says what can stand in their place`;
}

/** Names of the inputs and outputs that the mend would cast. */
export function castableNames(graph: Graph): ReadonlySet<string> {
  return new Set([...inputsToCast(graph), ...outputsToCast(graph)].map(({ info }) => info.name));
}

/** For each type that Node's binding lacks, the smallest one that holds all of its values and that the binding has. */
const CARRIED_AS: Partial<Readonly<Record<ElementType, ElementType>>> = {
  bfloat16: 'float',
  float8e4m3fn: 'float',
  float8e4m3fnuz: 'float',
  float8e5m2: 'float',
  float8e5m2fnuz: 'float',
  float8e8m0: 'float',
  float4e2m1: 'float',
  float6e2m3: 'float',
  float6e3m2: 'float',
  int2: 'int8',
  int4: 'int8',
  uint2: 'uint8',
  uint4: 'uint8',
};

interface Edge {
  readonly info: ValueInfo;
  readonly from: ElementType;
  readonly to: ElementType;
}

interface EdgeOptions extends Edge {
  readonly fresh: (wanted: string) => string;
}

function edgeOf(info: ValueInfo): readonly Edge[] {
  if (info.type?.kind !== 'tensor') return [];
  const from = info.type.elementType;
  const to = CARRIED_AS[from];
  return to === undefined ? [] : [{ info, from, to }];
}

/** Inputs with a default keep their type: the default is of it. */
function inputsToCast(graph: Graph): readonly Edge[] {
  const bound = new Set([...graph.initializers, ...graph.outputs].map(({ name }) => name));
  return graph.inputs.filter(({ name }) => !bound.has(name)).flatMap(edgeOf);
}

/** Outputs that a node makes. */
function outputsToCast(graph: Graph): readonly Edge[] {
  const made = new Set(graph.nodes.flatMap(({ outputs }) => outputs));
  return graph.outputs.filter(({ name }) => made.has(name)).flatMap(edgeOf);
}

function castInput(graph: Graph, { info, from, to, fresh }: EdgeOptions): Graph {
  const inner = fresh(`${info.name}_${from}`);
  const cast = castNode({ name: fresh(`${info.name}_cast`), input: info.name, output: inner, to: from });
  const renamed = renameReads(graph, new Map([[info.name, inner]]));
  return withParts(renamed, {
    nodes: [cast, ...renamed.nodes],
    inputs: mapKept(graph.inputs, (input) => (input === info ? { ...info, type: retyped(info.type, to) } : input)),
  });
}

function castOutput(graph: Graph, { info, from, to, fresh }: EdgeOptions): Graph {
  const inner = fresh(`${info.name}_${from}`);
  const cast = castNode({ name: fresh(`${info.name}_cast`), input: inner, output: info.name, to });
  const renamed = renameReads(graph, new Map([[info.name, inner]]));
  const made = mapKept(renamed.nodes, (node) =>
    withParts(node, { outputs: mapKept(node.outputs, (name) => (name === info.name ? inner : name)) }),
  );
  return withParts(renamed, {
    nodes: [...made, cast],
    outputs: mapKept(graph.outputs, (output) => (output === info ? { ...info, type: retyped(info.type, to) } : output)),
    valueInfos: graph.valueInfos.filter(({ name }) => name !== info.name),
  });
}

function castNode({ name, input, output, to }: { name: string; input: string; output: string; to: ElementType }): Node {
  const attributes = [newAttribute('to', { kind: 'int', value: BigInt(ELEMENT_TYPES[to].code) })];
  return newNode({ name, opType: 'Cast', inputs: [input], outputs: [output], attributes });
}

function retyped(type: ValueType | null, elementType: ElementType): ValueType {
  return { kind: 'tensor', elementType, shape: type?.kind === 'tensor' ? type.shape : null };
}
