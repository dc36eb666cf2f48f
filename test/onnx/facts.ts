import { createHash } from 'node:crypto';
import { Failure } from '../../src/nouns/failure.ts';
import { ELEMENT_TYPES } from '../../src/onnx/element-types.ts';
import type {
  Attribute,
  AttributeValue,
  ElementType,
  Graph,
  LocalFunction,
  Metadata,
  Model,
  Node,
  OpsetImport,
  Shape,
  SparseTensor,
  Tensor,
  ValueInfo,
  ValueType,
} from '../../src/onnx/model.ts';
import { readTensorBytes, readTensorValues } from '../../src/onnx/read-tensor.ts';
import { elementCount } from '../../src/onnx/tensor-size.ts';
import type { TensorValues } from '../../src/onnx/tensor-values.ts';

const ELEMENTS_COMPARED = 64 * 1024;

/** What a model says, one line for each fact, as scripts/record-onnx-facts.py writes them from the `onnx` package. */
export function factsOf(model: Model, cases: readonly { readonly model: Model; readonly tensor: Tensor }[]): string[] {
  const facts = new Facts(model);
  facts.model();
  for (const { model: owner, tensor } of cases) {
    const inner = new Facts(owner);
    inner.tensor('case', tensor);
    facts.lines.push(...inner.lines);
  }
  return facts.lines;
}

export function digest(content: Uint8Array | string): string {
  return createHash('sha256').update(content).digest('hex').slice(0, 16);
}

class Facts {
  readonly lines: string[] = [];
  readonly #model: Model;

  constructor(model: Model) {
    this.#model = model;
  }

  model(): void {
    const model = this.#model;
    const producer = [text(model.producerName), text(model.producerVersion), text(model.domain)];
    const counts = [model.trainingInfoCount, model.deviceConfigurations?.length ?? 0];
    this.#say('model', model.irVersion, ...producer, model.modelVersion, text(model.docString), ...counts);
    this.#opsets(model.opsetImports);
    this.#metadata(model.metadata);
    this.#graph('graph', model.graph);
    for (const local of model.functions) this.#function(local);
  }

  tensor(role: string, tensor: Tensor): void {
    const code = tensor.elementTypeCode ?? ELEMENT_TYPES[tensor.elementType].code;
    const words = [role, text(tensor.name), code, list(tensor.dims), this.#data(tensor), this.#values(tensor)];
    this.#say(...words, text(tensor.docString));
    this.#metadata(tensor.metadata);
  }

  #say(...words: readonly (string | number | bigint)[]): void {
    this.lines.push(words.join(' '));
  }

  #metadata(metadata: Metadata): void {
    for (const [key, value] of metadata) this.#say('metadata', text(key), text(value));
  }

  #opsets(imports: readonly OpsetImport[]): void {
    for (const { domain, version } of imports) this.#say('opset', text(domain), version);
  }

  #graph(role: string, graph: Graph): void {
    this.#say(role, text(graph.name), text(graph.docString), graph.nodes.length);
    for (const info of graph.inputs) this.#value('input', info);
    for (const info of graph.outputs) this.#value('output', info);
    for (const info of graph.valueInfos) this.#value('value', info);
    for (const tensor of graph.initializers) this.tensor('initializer', tensor);
    for (const tensor of graph.sparseInitializers) this.#sparse('sparse', tensor);
    for (const annotation of graph.quantizationAnnotations) {
      this.#say('annotation', text(annotation.tensorName));
      this.#metadata(annotation.parameters);
    }
    this.#metadata(graph.metadata);
    for (const node of graph.nodes) this.#node(node);
  }

  #function(local: LocalFunction): void {
    const names = [text(local.domain), text(local.name), text(local.overload)];
    const lists = [texts(local.inputs), texts(local.outputs), texts(local.attributes)];
    this.#say('function', ...names, ...lists, text(local.docString));
    this.#opsets(local.opsetImports);
    for (const attribute of local.attributeDefaults) this.#attribute(attribute);
    for (const info of local.valueInfos) this.#value('value', info);
    this.#metadata(local.metadata);
    for (const node of local.nodes) this.#node(node);
  }

  #node(node: Node): void {
    const names = [text(node.domain), text(node.opType), text(node.overload), text(node.name)];
    const devices = node.deviceConfigurations?.length ?? 0;
    this.#say('node', ...names, texts(node.inputs), texts(node.outputs), text(node.docString), devices);
    this.#metadata(node.metadata);
    for (const attribute of node.attributes) this.#attribute(attribute);
  }

  #attribute(attribute: Attribute): void {
    const filled = (attribute.populated ?? []).join(',');
    const names = [text(attribute.reference), text(attribute.docString)];
    this.#say('attribute', text(attribute.name), attribute.declaredType ?? 0, filled, ...names);
    this.#attributeValue(attribute.value);
  }

  #attributeValue(value: AttributeValue): void {
    switch (value.kind) {
      case 'undefined':
        this.#say('no value');
        break;
      case 'float':
        this.#say('f', Buffer.from(Float32Array.of(value.value).buffer).toString('hex'));
        break;
      case 'int':
        this.#say('i', value.value);
        break;
      case 'string':
        this.#say('s', value.value.length, digest(value.value));
        break;
      case 'floats':
        this.#say('floats', value.count, digest(Buffer.from(Float32Array.from(value.values()).buffer)));
        break;
      case 'ints':
        this.#say('ints', value.count, digest(value.values().join(',')));
        break;
      case 'strings':
        this.#say('strings', value.count, digest(value.values().map(digest).join(',')));
        break;
      case 'type':
        this.#say('tp', typeText(value.value));
        break;
      case 'types':
        this.#say('type_protos', value.values.map(typeText).join(','));
        break;
      case 'tensor':
        this.tensor('t', value.value);
        break;
      case 'tensors':
        for (const tensor of value.values) this.tensor('tensors', tensor);
        break;
      case 'graph':
        this.#graph('g', value.value);
        break;
      case 'graphs':
        for (const graph of value.values) this.#graph('graphs', graph);
        break;
      case 'sparse-tensor':
        this.#sparse('sparse_tensor', value.value);
        break;
      case 'sparse-tensors':
        for (const tensor of value.values) this.#sparse('sparse_tensors', tensor);
        break;
    }
  }

  #sparse(role: string, tensor: SparseTensor): void {
    this.#say(role, list(tensor.dims));
    this.tensor('values', tensor.values);
    this.tensor('indices', tensor.indices);
  }

  #value(role: string, info: ValueInfo): void {
    this.#say(role, text(info.name), info.type ? typeText(info.type) : 'none', text(info.docString));
    this.#metadata(info.metadata);
  }

  #data(tensor: Tensor): string {
    const { data } = tensor;
    switch (data.kind) {
      case 'raw': {
        const asBytes: Tensor = { ...tensor, elementType: 'uint8', dims: [data.length] };
        return `raw ${data.length} ${digest(readTensorBytes(this.#model, asBytes, { limit: 2 ** 31 }))}`;
      }
      case 'typed':
        return `${data.field} ${data.count}`;
      case 'external':
        return `external ${(data.entries ?? []).map(([key, value]) => `${text(key)}=${text(value)}`).join(',')}`;
      default:
        return 'none';
    }
  }

  #values(tensor: Tensor): string {
    const count = elementCount(tensor.dims) ?? 0;
    if (tensor.data.kind === 'external' || count > ELEMENTS_COMPARED) return '-';
    try {
      return valuesDigest(tensor.elementType, readTensorValues(this.#model, tensor));
    } catch (cause) {
      if (cause instanceof Failure) return 'error';
      throw cause;
    }
  }
}

function valuesDigest(elementType: ElementType, values: TensorValues): string {
  switch (values.kind) {
    case 'string':
      return digest(texts(values.values));
    case 'boolean':
      return digest(values.values.map(Number).join(','));
    case 'bigint':
      return digest(values.values.join(','));
    case 'number':
      if (/^u?int/.test(elementType)) return digest(values.values.join(','));
      return digest(
        Buffer.from(Float64Array.from(values.values, (value) => (Number.isNaN(value) ? Number.NaN : value)).buffer),
      );
  }
}

function typeText(type: ValueType): string {
  const inner = (element: ValueType | null): string => (element ? typeText(element) : 'none');
  switch (type.kind) {
    case 'tensor':
      return `tensor_type(${ELEMENT_TYPES[type.elementType].code})${shapeText(type.shape)}`;
    case 'sparse-tensor':
      return `sparse_tensor_type(${ELEMENT_TYPES[type.elementType].code})${shapeText(type.shape)}`;
    case 'sequence':
      return `sequence_type(${inner(type.element)})`;
    case 'optional':
      return `optional_type(${inner(type.element)})`;
    case 'map':
      return `map_type(${ELEMENT_TYPES[type.key].code},${inner(type.value)})`;
    case 'opaque':
      return `opaque_type(${text(type.domain)},${text(type.name)})`;
  }
}

function shapeText(shape: Shape): string {
  if (shape === null) return '?';
  const sizes = shape.map((size) =>
    size === null ? '?' : typeof size === 'number' ? String(BigInt(size)) : text(size),
  );
  return `[${sizes.join(',')}]`;
}

function list(sizes: readonly number[]): string {
  return `[${sizes.map((size) => BigInt(size)).join(',')}]`;
}

/** As Python's json writes it: ASCII alone. */
function text(value: string): string {
  return JSON.stringify(value).replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function texts(values: readonly string[]): string {
  return `[${values.map(text).join(', ')}]`;
}
