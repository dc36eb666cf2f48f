import type {
  Attribute,
  AttributeValue,
  Graph,
  LocalFunction,
  Model,
  Node,
  SparseTensor,
  Tensor,
  ValueInfo,
  ValueType,
} from '../../src/onnx/model.ts';

/** A model in the textual form that the specification describes, for reading: what that form has no words for is said in a comment. */
export function renderModelText(model: Model): string {
  const imports = model.opsetImports.map(({ domain, version }) => `"${domain}" : ${version}`);
  const irregularities = (model.irregularities ?? []).map(({ message, offset }) => `# at byte ${offset}: ${message}`);
  const size = model.fileBytes > 0 ? [`# a file of ${model.fileBytes} bytes`] : [];
  const training = model.trainingInfoCount > 0 ? [`# with ${model.trainingInfoCount} training graph`] : [];
  return [
    `<ir_version: ${model.irVersion}, opset_import: [${imports.join(', ')}]>`,
    ...size,
    ...irregularities,
    ...training,
    ...graphLines(model.graph, ''),
    ...model.functions.flatMap(functionLines),
  ].join('\n');
}

function graphLines(graph: Graph, indent: string): readonly string[] {
  const stored = [...graph.initializers.map(tensorText), ...graph.sparseInitializers.map(sparseText)];
  const infos = [...stored, ...graph.valueInfos.map(valueText)];
  const about = infos.length === 0 ? '' : `\n${indent}<${infos.join(`,\n${indent} `)}>`;
  const signature = `${graph.name} (${list(graph.inputs.map(valueText))}) => (${list(graph.outputs.map(valueText))})`;
  return [`${indent}${signature}${about}`, ...bodyLines(graph.nodes, indent)];
}

function functionLines(local: LocalFunction): readonly string[] {
  const imports = local.opsetImports.map(({ domain, version }) => `"${domain}" : ${version}`);
  const attributes = local.attributes.length === 0 ? '' : `<${list(local.attributes)}> `;
  return [
    `<domain: "${local.domain}", opset_import: [${imports.join(', ')}]>`,
    `${local.name} ${attributes}(${list(local.inputs)}) => (${list(local.outputs)})`,
    ...bodyLines(local.nodes, ''),
  ];
}

function bodyLines(nodes: readonly Node[], indent: string): readonly string[] {
  if (nodes.length === 0) return [`${indent}{ }`];
  return [`${indent}{`, ...nodes.map((node) => nodeText(node, `${indent}  `)), `${indent}}`];
}

function nodeText(node: Node, indent: string): string {
  const operator = `${node.domain === '' ? '' : `${node.domain}.`}${node.opType}`;
  const attributes = node.attributes.map((attribute) => attributeText(attribute, indent));
  const about = attributes.length === 0 ? '' : ` <${attributes.join(', ')}>`;
  const name = node.name === '' ? '' : `[${node.name}] `;
  const metadata = [...node.metadata].map(([key, text]) => `  # ${key}: ${text.replaceAll('\n', ' ')}`).join('');
  return `${indent}${name}${list(node.outputs)} = ${operator}${about} (${list(node.inputs)})${metadata}`;
}

function attributeText(attribute: Attribute, indent: string): string {
  if (attribute.reference !== '') return `${attribute.name} = @${attribute.reference}`;
  const filled = attribute.populated ? ` /* fills ${list(attribute.populated)} */` : '';
  return `${attribute.name} = ${attributeValueText(attribute.value, indent)}${filled}`;
}

function attributeValueText(value: AttributeValue, indent: string): string {
  switch (value.kind) {
    case 'int':
      return String(value.value);
    case 'float':
      return Number.isInteger(value.value) ? value.value.toFixed(1) : String(value.value);
    case 'string':
      return JSON.stringify(Buffer.from(value.value).toString());
    case 'ints':
    case 'floats':
      return `[${list(value.values().map(String))}]`;
    case 'strings':
      return `[${list(value.values().map((text) => JSON.stringify(Buffer.from(text).toString())))}]`;
    case 'tensor':
      return tensorText(value.value);
    case 'graph':
      return graphLines(value.value, `${indent}  `).join('\n').trimStart();
    default:
      return value.kind;
  }
}

function tensorText(tensor: Tensor): string {
  const type = tensor.elementType === 'undefined' ? '?' : tensor.elementType;
  return `${type}[${tensor.dims.join(',')}] ${tensor.name} = {${dataText(tensor)}}`;
}

function dataText({ data, alsoStoredIn = [] }: Tensor): string {
  const also = alsoStoredIn.map((place) => `, also ${place}`).join('');
  switch (data.kind) {
    case 'memory':
      return `${data.bytes.length} bytes${also}`;
    case 'raw':
      return `${data.length} bytes${also}`;
    case 'typed':
      return `${data.count} in ${data.field}${also}`;
    case 'external':
      return `in ${data.location}${also}`;
    case 'memory-strings':
      return `${data.values.length} strings`;
    case 'none':
      return '';
  }
}

function sparseText({ values, indices, dims }: SparseTensor): string {
  return `sparse ${values.elementType}[${dims.join(',')}] ${values.name} = {${values.dims.join(',')} values, indices [${indices.dims.join(',')}]}`;
}

function valueText({ name, type }: ValueInfo): string {
  return type === null ? name : `${typeText(type)} ${name}`;
}

function typeText(type: ValueType | null): string {
  switch (type?.kind) {
    case undefined:
      return '?';
    case 'tensor':
    case 'sparse-tensor': {
      const shape = type.shape === null ? '' : `[${type.shape.map((size) => size ?? '?').join(',')}]`;
      const text = `${type.elementType === 'undefined' ? '?' : type.elementType}${shape}`;
      return type.kind === 'tensor' ? text : `sparse_tensor(${text})`;
    }
    case 'sequence':
      return `seq(${typeText(type.element)})`;
    case 'optional':
      return `optional(${typeText(type.element)})`;
    case 'map':
      return `map(${type.key}, ${typeText(type.value)})`;
    case 'opaque':
      return `opaque(${type.domain}, ${type.name})`;
  }
}

function list(items: readonly string[]): string {
  return items.join(', ');
}
