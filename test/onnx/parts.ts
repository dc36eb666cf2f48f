import type {
  Attribute,
  AttributeValue,
  Dimension,
  ElementType,
  Graph,
  Model,
  Node,
  Tensor,
  ValueInfo,
} from '../../src/onnx/model.ts';

/** Pieces of models for tests: what is not given is empty. */
export function modelOf(parts: Partial<Model> = {}): Model {
  return {
    path: '',
    fileBytes: 0,
    irVersion: 10,
    opsetImports: [{ domain: '', version: 21 }],
    producerName: '',
    producerVersion: '',
    domain: '',
    modelVersion: 0n,
    docString: '',
    graph: graphOf(),
    functions: [],
    metadata: new Map(),
    trainingInfoCount: 0,
    unknown: [],
    ...parts,
  };
}

export function graphOf(parts: Partial<Graph> = {}): Graph {
  return {
    name: 'g',
    nodes: [],
    initializers: [],
    sparseInitializers: [],
    inputs: [],
    outputs: [],
    valueInfos: [],
    quantizationAnnotations: [],
    docString: '',
    metadata: new Map(),
    unknown: [],
    ...parts,
  };
}

export function nodeOf(opType: string, parts: Partial<Node> = {}): Node {
  return {
    name: '',
    opType,
    domain: '',
    overload: '',
    inputs: [],
    outputs: [],
    attributes: [],
    docString: '',
    metadata: new Map(),
    unknown: [],
    ...parts,
  };
}

export function attributeOf(name: string, value: AttributeValue): Attribute {
  return { name, reference: '', docString: '', value, unknown: [] };
}

export function intsOf(...values: readonly number[]): AttributeValue {
  const items = values.map(BigInt);
  return { kind: 'ints', count: items.length, spans: [], values: () => items };
}

export function tensorOf(name: string, parts: Partial<Tensor> = {}): Tensor {
  return {
    name,
    elementType: 'float',
    dims: [],
    data: { kind: 'none' },
    docString: '',
    metadata: new Map(),
    span: { offset: 0, length: 0 },
    ...parts,
  };
}

export function valueInfoOf(name: string, elementType: ElementType, shape: readonly Dimension[] | null): ValueInfo {
  return { name, type: { kind: 'tensor', elementType, shape }, docString: '', metadata: new Map(), unknown: [] };
}
