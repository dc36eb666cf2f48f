import { ELEMENT_TYPES } from '../../onnx/element-types.ts';
import type {
  Attribute,
  AttributeValue,
  ElementType,
  Graph,
  Model,
  Node,
  Tensor,
  ValueInfo,
  ValueType,
} from '../../onnx/model.ts';
import type { AttributeKind, FormalParameter, OperatorSchema } from './operator-schemas.ts';
import { parseTypeName } from './type-names.ts';

/** What each type variable of a schema stands for, such as `T: tensor(float)`. */
export type TypeAssignment = Readonly<Record<string, string>>;

/** The type variables that a node of this schema settles by what it must have, or may be given, at its inputs and outputs. */
export function askableVariables(schema: OperatorSchema): readonly string[] {
  const bound = [...schema.inputs, ...requiredOutputs(schema)].map(({ type }) => type);
  return [...new Set(bound.filter((type) => schema.types.has(type)))];
}

/**
 * A model of one node, as little of it as the schema allows: required inputs, optional ones only where they settle a type
 * variable, required attributes with values that most operators take. Nothing has a shape. `null` where the types cannot be
 * declared.
 */
export function singleNodeModel(schema: OperatorSchema, types: TypeAssignment): Model | null {
  const typeOf = ({ type }: FormalParameter): ValueType | null => parseTypeName(types[type] ?? type);
  const inputs = neededInputs(schema);
  const values: ValueInfo[] = [];
  for (const [index, formal] of inputs.entries()) {
    if (formal === null) continue;
    const type = typeOf(formal);
    if (type === null) return null;
    values.push(valueInfo(inputName(index), type));
  }
  const outputs = requiredOutputs(schema);
  // What the inputs settle, the runtime infers; what they do not is said here.
  const settled = new Set(inputs.flatMap((formal) => (formal === null ? [] : [formal.type])));
  const results = outputs.map((formal, index) =>
    valueInfo(outputName(index), settled.has(formal.type) || schema.types.has(formal.type) ? typeOf(formal) : null),
  );
  const free = outputs.find(({ type }) => schema.types.has(type) && !settled.has(type));
  const node: Node = {
    ...NOTHING,
    name: 'probe',
    opType: schema.name,
    domain: schema.domain,
    overload: '',
    inputs: inputs.map((formal, index) => (formal === null ? '' : inputName(index))),
    outputs: outputs.map((_, index) => outputName(index)),
    attributes: attributesOf(schema, { outputType: free === undefined ? null : typeOf(free) }),
  };
  return modelOf(schema, graphOf([node], { inputs: values, outputs: results }));
}

const NOTHING = { docString: '', metadata: new Map<string, string>(), unknown: [] } as const;

/** The newest that onnxruntime 1.30 and its recent predecessors all read. */
const IR_VERSION = 10;
/** Of the default domain, where another domain is probed. */
const COMPANION_OPSET = 17;

function modelOf({ domain, since }: OperatorSchema, graph: Graph): Model {
  const own = { domain, version: since };
  return {
    ...NOTHING,
    path: '',
    fileBytes: 0,
    irVersion: IR_VERSION,
    opsetImports: domain === '' ? [own] : [own, { domain: '', version: COMPANION_OPSET }],
    producerName: '',
    producerVersion: '',
    domain: '',
    modelVersion: 0n,
    graph,
    functions: [],
    trainingInfoCount: 0,
  };
}

function graphOf(
  nodes: readonly Node[],
  ports: { readonly inputs: readonly ValueInfo[]; readonly outputs: readonly ValueInfo[] },
): Graph {
  return {
    ...NOTHING,
    ...ports,
    name: 'probe',
    nodes,
    initializers: [],
    sparseInitializers: [],
    valueInfos: [],
    quantizationAnnotations: [],
  };
}

function valueInfo(name: string, type: ValueType | null): ValueInfo {
  return { ...NOTHING, name, type };
}

const inputName = (index: number): string => `i${index}`;
const outputName = (index: number): string => `o${index}`;

/** In their places; `null` where one is left out. */
function neededInputs(schema: OperatorSchema): readonly (FormalParameter | null)[] {
  const needed: (FormalParameter | null)[] = [];
  const settled = new Set<string>();
  for (const formal of schema.inputs) {
    const settles = schema.types.has(formal.type) && !settled.has(formal.type);
    const isNeeded =
      formal.option === 'single' ||
      settles ||
      (formal.option === 'variadic' && schema.inputCount.least > needed.length);
    needed.push(isNeeded ? formal : null);
    if (isNeeded) settled.add(formal.type);
  }
  for (const last = schema.inputs.at(-1); needed.length < schema.inputCount.least && last !== undefined; )
    needed.push(last);
  while (needed.at(-1) === null) needed.pop();
  return needed;
}

function requiredOutputs(schema: OperatorSchema): readonly FormalParameter[] {
  return schema.outputs.slice(0, Math.max(1, schema.outputCount.least));
}

interface Context {
  /** Of the output whose type no input settles. */
  readonly outputType: ValueType | null;
}

/** Attributes that name the type of an output. */
const TYPE_ATTRIBUTES: readonly string[] = ['to', 'dtype', 'output_dtype', 'output_datatype'];

function attributesOf(schema: OperatorSchema, { outputType }: Context): readonly Attribute[] {
  const written: Attribute[] = [];
  const outputElement = elementOf(outputType);
  for (const [name, { kind, required }] of schema.attributes) {
    const particular = PARTICULAR[`${schema.name}.${name}`];
    if (outputElement !== null && TYPE_ATTRIBUTES.includes(name) && (kind === 'int' || kind === 'string')) {
      const { code } = ELEMENT_TYPES[outputElement];
      written.push(attribute(name, kind === 'int' ? int(code) : text(outputElement.toUpperCase())));
    } else if (
      outputElement !== null &&
      kind === 'tensor' &&
      (schema.name === 'ConstantOfShape' || schema.name === 'Constant')
    ) {
      const value = zero(outputElement);
      if (value !== null) written.push(attribute(name, { kind: 'tensor', value }));
    } else if (particular !== undefined) {
      written.push(attribute(name, particular));
    } else if (required && kind !== 'graph') {
      const value = USUAL[kind];
      if (value !== undefined) written.push(attribute(name, value));
    }
  }
  return written;
}

function elementOf(type: ValueType | null): ElementType | null {
  if (type?.kind === 'tensor') return type.elementType;
  return type?.kind === 'sequence' ? elementOf(type.element) : null;
}

function attribute(name: string, value: AttributeValue): Attribute {
  return { name, reference: '', docString: '', unknown: [], value };
}

const int = (value: number): AttributeValue => ({ kind: 'int', value: BigInt(value) });
const ints = (...values: number[]): AttributeValue => ({
  kind: 'ints',
  count: values.length,
  spans: [],
  values: () => values.map(BigInt),
});
const floats = (...values: number[]): AttributeValue => ({
  kind: 'floats',
  count: values.length,
  spans: [],
  values: () => values,
});
const text = (value: string): AttributeValue => ({ kind: 'string', value: Buffer.from(value) });
const texts = (...values: string[]): AttributeValue => ({
  kind: 'strings',
  count: values.length,
  spans: [],
  values: () => values.map((value) => Buffer.from(value)),
});

/** What required attributes are given. */
const USUAL: Partial<Record<AttributeKind, AttributeValue>> = {
  int: int(1),
  ints: ints(1, 1),
  float: { kind: 'float', value: 1 },
  floats: floats(1),
  string: text(''),
  strings: texts('a'),
};

/** Where that would contradict the operator's own rules. */
const PARTICULAR: Readonly<Record<string, AttributeValue>> = {
  'BitShift.direction': text('LEFT'),
  'Einsum.equation': text('i->i'),
  'TfIdfVectorizer.mode': text('TF'),
  'TfIdfVectorizer.pool_int64s': ints(1),
};

/** One element, all bits zero. */
function zero(elementType: ElementType): Tensor | null {
  const { bits } = ELEMENT_TYPES[elementType];
  if (bits === 0) return null;
  const bytes = new Uint8Array(Math.ceil(bits / 8));
  return {
    ...NOTHING,
    name: 'zero',
    elementType,
    dims: [1],
    data: { kind: 'memory', bytes },
    span: { offset: 0, length: 0 },
  };
}
