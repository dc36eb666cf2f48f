import type {
  Attribute,
  AttributeValue,
  ElementType,
  Graph,
  LocalFunction,
  Model,
  Node,
  OpsetImport,
  Shape,
  Tensor,
  TensorData,
  ValueInfo,
  ValueType,
} from '../../src/onnx/model.ts';
import { elementCount, tensorBytes } from '../../src/onnx/tensor-size.ts';

const NOTHING = { docString: '', metadata: new Map<string, string>(), unknown: [] } as const;

export interface GraphParts extends Partial<Omit<Graph, 'inputs' | 'outputs' | 'valueInfos'>> {
  /** As `typedName` reads them, or made by hand where they are to be wrong. */
  readonly inputs?: readonly (string | ValueInfo)[];
  readonly outputs?: readonly (string | ValueInfo)[];
  readonly valueInfos?: readonly (string | ValueInfo)[];
}

export interface ModelParts extends GraphParts, Partial<Omit<Model, 'graph' | 'opsetImports' | keyof GraphParts>> {
  readonly graph?: Graph;
  /** By domain, `ai.onnx` for the default one. */
  readonly opsets?: Readonly<Record<string, number>>;
  readonly opsetImports?: readonly OpsetImport[];
}

/** A model in memory, of IR version 10 and opset 21 unless said otherwise. */
export function model(parts: ModelParts): Model {
  const { opsets = { 'ai.onnx': 21 }, graph: whole, ...rest } = parts;
  return {
    ...NOTHING,
    path: 'model.onnx',
    fileBytes: 0,
    irVersion: 10,
    opsetImports: imports(opsets),
    producerName: '',
    producerVersion: '',
    domain: '',
    modelVersion: 0n,
    functions: [],
    trainingInfoCount: 0,
    graph: whole ?? graph(parts),
    ...pick(rest, MODEL_KEYS),
  };
}

const MODEL_KEYS = [
  'path',
  'fileBytes',
  'irVersion',
  'opsetImports',
  'producerName',
  'functions',
  'trainingInfoCount',
  'irregularities',
  'docString',
] as const;

export function graph(parts: GraphParts): Graph {
  return {
    ...NOTHING,
    name: 'g',
    nodes: [],
    initializers: [],
    sparseInitializers: [],
    quantizationAnnotations: [],
    ...pick(parts, ['name', 'nodes', 'initializers', 'sparseInitializers']),
    inputs: (parts.inputs ?? []).map(value),
    outputs: (parts.outputs ?? []).map(value),
    valueInfos: (parts.valueInfos ?? []).map(value),
  };
}

/** A function such as `y = acme.Twice(x)`, from its nodes. */
export function fn(signature: string, nodes: readonly Node[], parts: Partial<LocalFunction> = {}): LocalFunction {
  const { opType: name, domain, inputs, outputs } = node(signature);
  return {
    ...NOTHING,
    name,
    domain,
    overload: '',
    inputs,
    outputs,
    attributes: [],
    attributeDefaults: [],
    nodes,
    opsetImports: imports({ 'ai.onnx': 21 }),
    valueInfos: [],
    ...parts,
  };
}

export type AttributeParts = Readonly<Record<string, AttributeInput>>;
export type AttributeInput =
  | number
  | string
  | readonly number[]
  | readonly string[]
  | Graph
  | Tensor
  | AttributeValue
  | Attribute;

/** A node such as `y, z = com.microsoft.FastGelu(x, , b)`. Whole numbers become int attributes, others float ones. */
export function node(text: string, attributes: AttributeParts = {}, parts: Partial<Node> = {}): Node {
  const [, outputs = '', operator = '', inputs = ''] = /^(.*?)=\s*([\w.]*)\s*\((.*)\)$/.exec(text) ?? [];
  const dot = operator.lastIndexOf('.');
  return {
    ...NOTHING,
    name: '',
    opType: operator.slice(dot + 1),
    domain: dot < 0 ? '' : operator.slice(0, dot),
    overload: '',
    inputs: names(inputs),
    outputs: names(outputs),
    attributes: Object.entries(attributes).map(([name, input]) => attribute(name, input)),
    ...parts,
  };
}

export function attribute(name: string, input: AttributeInput): Attribute {
  if (typeof input === 'object' && 'reference' in input) return input;
  return { name, reference: '', docString: '', unknown: [], value: attributeValue(input) };
}

/** A weight such as `float[2,3] w`, of zeros unless other data are given. */
export function weight(text: string, parts: Partial<Tensor> = {}): Tensor {
  const { name, type } = typedName(text);
  if (type?.kind !== 'tensor') throw new TypeError(`not a tensor: ${text}`);
  const dims = (type.shape ?? []).map(Number);
  const base = { name, elementType: type.elementType, dims, docString: '', metadata: new Map() };
  return { ...base, data: zeros(type.elementType, dims), span: { offset: 0, length: 0 }, ...parts };
}

/** `float[N,3] x`, `float x` (rank not declared), `float[] x` (a scalar), `seq(int64[?]) s`, `x` (no type). */
export function typedName(text: string): { readonly name: string; readonly type: ValueType | null } {
  const [, type, name = ''] = /^(?:(.*)\s)?(\S+)$/.exec(text.trim()) ?? [];
  return { name, type: type === undefined ? null : parseType(type) };
}

function value(input: string | ValueInfo): ValueInfo {
  return typeof input === 'string' ? { ...NOTHING, ...typedName(input) } : input;
}

function parseType(text: string): ValueType | null {
  const [, outer, inside = ''] = /^(\w+)\((.*)\)$/.exec(text.trim()) ?? [];
  if (outer === 'seq') return { kind: 'sequence', element: parseType(inside) };
  if (outer === 'optional') return { kind: 'optional', element: parseType(inside) };
  if (outer === 'map') {
    const [key = '', item = ''] = inside.split(/,(.*)/);
    return { kind: 'map', key: key.trim() as ElementType, value: parseType(item) };
  }
  if (outer === 'sparse_tensor') return { ...tensorType(inside), kind: 'sparse-tensor' };
  return text.trim() === '' ? null : tensorType(text);
}

function tensorType(text: string): { kind: 'tensor'; elementType: ElementType; shape: Shape } {
  const [, elementType = '', sizes] = /^(\w+)(?:\[(.*)\])?$/.exec(text.trim()) ?? [];
  const shape = sizes === undefined ? null : names(sizes).map((size) => (size === '?' ? null : dimension(size)));
  return { kind: 'tensor', elementType: elementType as ElementType, shape };
}

function dimension(text: string): number | string {
  return /^-?\d+$/.test(text) ? Number(text) : text;
}

function attributeValue(input: Exclude<AttributeInput, Attribute>): AttributeValue {
  if (typeof input === 'number') {
    return Number.isInteger(input) ? { kind: 'int', value: BigInt(input) } : { kind: 'float', value: input };
  }
  if (typeof input === 'string') return { kind: 'string', value: Buffer.from(input) };
  if (Array.isArray(input)) return listValue(input);
  if ('kind' in input) return input;
  return 'nodes' in input ? { kind: 'graph', value: input } : { kind: 'tensor', value: input as Tensor };
}

function listValue(items: readonly (number | string)[]): AttributeValue {
  const common = { count: items.length, spans: [] };
  const texts = items.filter((item) => typeof item === 'string');
  if (texts.length > 0) return { kind: 'strings', ...common, values: () => texts.map((text) => Buffer.from(text)) };
  const numbers = items.map(Number);
  return numbers.every(Number.isInteger)
    ? { kind: 'ints', ...common, values: () => numbers.map(BigInt) }
    : { kind: 'floats', ...common, values: () => numbers };
}

function zeros(elementType: ElementType, dims: readonly number[]): TensorData {
  if (elementType === 'string') {
    return { kind: 'memory-strings', values: Array.from({ length: elementCount(dims) ?? 0 }, () => new Uint8Array()) };
  }
  return { kind: 'memory', bytes: new Uint8Array(tensorBytes(elementType, dims) ?? 0) };
}

function imports(opsets: Readonly<Record<string, number>>): readonly OpsetImport[] {
  return Object.entries(opsets).map(([domain, version]) => ({ domain: domain === 'ai.onnx' ? '' : domain, version }));
}

function names(list: string): readonly string[] {
  return list.trim() === '' ? [] : list.split(',').map((name) => name.trim());
}

function pick<T extends object, K extends keyof T>(parts: T, keys: readonly K[]): Partial<Pick<T, K>> {
  return Object.fromEntries(keys.flatMap((key) => (parts[key] === undefined ? [] : [[key, parts[key]]]))) as Partial<
    Pick<T, K>
  >;
}
