import type { Graph, Node, Shape, ValueInfo } from '../../../onnx/model.ts';
import { decodeUtf8 } from '../../../onnx/utf8.ts';
import { inferredShapes } from '../inferred-shapes.ts';
import { mapKept, withParts } from '../keep-same.ts';
import type { Mend } from '../mend.ts';
import { newNode } from '../new-node.ts';
import { namesReadBy, renameReads } from '../value-names.ts';

export const removeZipMap: Mend = {
  rule: 'production/zipmap',
  title: 'Give probabilities as a tensor in place of maps',
  apply(model) {
    const zipMaps = model.graph.nodes.filter((node) => isRemovable(node, model.graph));
    if (zipMaps.length === 0) return { model, changes: [] };
    const shapes = inferredShapes(model);
    let { graph, metadata } = model;
    const changes: string[] = [];
    for (const zipMap of zipMaps) {
      const [source = ''] = zipMap.inputs;
      const [output = ''] = zipMap.outputs;
      const labels = labelsOf(zipMap);
      const shape = shapeOf(shapes.get(source) ?? null, labels.length);
      graph = outputAsTensor(withoutZipMap(graph, zipMap), { output, shape });
      metadata = new Map([...metadata, [`class_labels.${output}`, JSON.stringify(labels)]]);
      changes.push(
        `"${output}" is a float tensor now, with a column for each of ${labels.length} labels; metadata "class_labels.${output}" has them in order`,
      );
    }
    return { model: { ...model, graph, metadata }, changes };
  },
};

/** Its maps go straight to the client: nothing else in the model reads them. */
export function isRemovable(node: Node, graph: Graph): boolean {
  const [output] = node.outputs;
  if (node.opType !== 'ZipMap' || node.domain !== 'ai.onnx.ml' || output === undefined) return false;
  const isRead = graph.nodes.some((other) => namesReadBy(other).has(output));
  return !isRead && graph.outputs.some(({ name }) => name === output);
}

function labelsOf(node: Node): readonly (string | number)[] {
  return node.attributes.flatMap(({ name, value }): readonly (string | number)[] => {
    if (name === 'classlabels_strings' && value.kind === 'strings') {
      return value.values().map((label) => decodeUtf8(label, () => {}));
    }
    return name === 'classlabels_int64s' && value.kind === 'ints' ? value.values().map(Number) : [];
  });
}

/** ZipMap takes a row, or rows; it has as many labels as there are columns. */
function shapeOf(source: Shape, columns: number): Shape {
  return source?.length === 1 ? [columns] : [source?.[0] ?? null, columns];
}

/** Whatever made the probabilities makes them under the output's name, if nobody else wants them; else they are copied. */
function withoutZipMap(graph: Graph, zipMap: Node): Graph {
  const [source = ''] = zipMap.inputs;
  const [output = ''] = zipMap.outputs;
  const isMade = graph.nodes.some(({ outputs }) => outputs.includes(source));
  const isOutput = graph.outputs.some(({ name }) => name === source);
  if (!isMade || isOutput) {
    const copy = newNode({ name: zipMap.name, opType: 'Identity', inputs: [source], outputs: [output] });
    return { ...graph, nodes: graph.nodes.map((node) => (node === zipMap ? copy : node)) };
  }
  const nodes = graph.nodes
    .filter((node) => node !== zipMap)
    .map((node) => withParts(node, { outputs: mapKept(node.outputs, (name) => (name === source ? output : name)) }));
  const valueInfos = graph.valueInfos.filter(({ name }) => name !== source && name !== output);
  return renameReads({ ...graph, nodes, valueInfos }, new Map([[source, output]]));
}

function outputAsTensor(graph: Graph, { output, shape }: { output: string; shape: Shape }): Graph {
  const asTensor = (info: ValueInfo): ValueInfo =>
    info.name === output ? { ...info, type: { kind: 'tensor', elementType: 'float', shape } } : info;
  return { ...graph, outputs: mapKept(graph.outputs, asTensor) };
}
