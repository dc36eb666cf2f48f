import { ELEMENT_TYPES } from '../../onnx/element-types.ts';
import type { Attribute, AttributeValue, ElementType, Graph, Node, Tensor, ValueType } from '../../onnx/model.ts';
import type { AttributeKind, OperatorSchema } from './operator-schemas.ts';
import { identityNode, NOTHING, probeGraph, valueInfo } from './probe-graph.ts';
import type { TypeAssignment } from './single-node-model.ts';
import { parseTypeName } from './type-names.ts';

export interface AttributeContext {
  readonly types: TypeAssignment;
  /** Of the output whose type no input settles. */
  readonly outputType: ValueType | null;
}

/** The value in the main graph that branches of an `If` hand out. */
export const OUTER_VALUE = 'outer';

/** The attributes that a node of this schema needs to be taken for what it is. */
export function probeAttributes(schema: OperatorSchema, context: AttributeContext): readonly Attribute[] {
  const particular = PARTICULAR[schema.name]?.(context) ?? {};
  return [...schema.attributes].flatMap(([name, { kind, required }]) => {
    const value =
      typeAttribute(schema, { name, kind, context }) ?? particular[name] ?? (required ? USUAL[kind] : undefined);
    return value === undefined ? [] : [{ name, reference: '', docString: '', unknown: [], value }];
  });
}

const TYPE_ATTRIBUTES: readonly string[] = ['to', 'dtype', 'output_dtype', 'output_datatype'];

/** Attributes that settle the type of an output. */
function typeAttribute(
  schema: OperatorSchema,
  { name, kind, context }: { readonly name: string; readonly kind: AttributeKind; readonly context: AttributeContext },
): AttributeValue | undefined {
  const element = elementOf(context.outputType);
  if (element === null) return undefined;
  if (TYPE_ATTRIBUTES.includes(name) && kind === 'int') return int(ELEMENT_TYPES[element].code);
  if (TYPE_ATTRIBUTES.includes(name) && kind === 'string') return text(element.toUpperCase());
  const isConstant = schema.name === 'ConstantOfShape' || schema.name === 'Constant';
  const value = isConstant && kind === 'tensor' ? zero(element) : null;
  return value === null ? undefined : { kind: 'tensor', value };
}

function elementOf(type: ValueType | null): ElementType | null {
  if (type?.kind === 'tensor') return type.elementType;
  return type?.kind === 'sequence' ? elementOf(type.element) : null;
}

const int = (value: number): AttributeValue => ({ kind: 'int', value: BigInt(value) });
const text = (value: string): AttributeValue => ({ kind: 'string', value: Buffer.from(value) });
const graph = (value: Graph): AttributeValue => ({ kind: 'graph', value });
const ints = (...values: number[]): AttributeValue => list('ints', values.map(BigInt));
const floats = (...values: number[]): AttributeValue => list('floats', values);
const texts = (...values: string[]): AttributeValue =>
  list(
    'strings',
    values.map((value) => Buffer.from(value)),
  );

function list<K extends 'ints' | 'floats' | 'strings', T>(kind: K, values: readonly T[]) {
  return { kind, count: values.length, spans: [], values: () => values };
}

/** What required attributes are given. */
const USUAL: Partial<Record<AttributeKind, AttributeValue>> = {
  int: int(1),
  ints: ints(1, 1),
  float: { kind: 'float', value: 1 },
  floats: floats(1),
  string: text(''),
  strings: texts('a'),
};

type Recipe = (context: AttributeContext) => Readonly<Record<string, AttributeValue>>;

/** Where the usual values contradict the operator's own rules, or depend on its types. */
const PARTICULAR: Readonly<Record<string, Recipe>> = {
  BitShift: () => ({ direction: text('LEFT') }),
  CategoryMapper: () => ({ cats_int64s: ints(1), cats_strings: texts('a') }),
  Einsum: () => ({ equation: text('i->i') }),
  If: ({ types }) => ({ then_branch: graph(branch(types.V)), else_branch: graph(branch(types.V)) }),
  LabelEncoder: ({ types }) => ({
    classes_strings: texts('a'),
    ...labels('keys', types.T1),
    ...labels('values', types.T2),
  }),
  LinearClassifier: (context) => ({ coefficients: floats(1), ...classLabels(context) }),
  Loop: ({ types }) => ({ body: graph(loopBody(types.V)) }),
  NGramHashMapping: () => ({ max_ngram_size: int(2) }),
  OneHotEncoder: ({ types }) =>
    types.T === 'tensor(string)' ? { cats_strings: texts('a') } : { cats_int64s: ints(1) },
  Scan: ({ types }) => ({ body: graph(scanBody(types.V)) }),
  SVMClassifier: classLabels,
  TfIdfVectorizer: () => ({ mode: text('TF'), pool_int64s: ints(1) }),
  TreeEnsembleClassifier: classLabels,
};

function classLabels({ types }: AttributeContext): Readonly<Record<string, AttributeValue>> {
  return types.T2 === 'tensor(string)'
    ? { classlabels_strings: texts('a') }
    : { classlabels_ints: ints(1), classlabels_int64s: ints(1) };
}

function labels(prefix: string, type: string | undefined): Readonly<Record<string, AttributeValue>> {
  switch (type) {
    case 'tensor(float)':
      return { [`${prefix}_floats`]: floats(1) };
    case 'tensor(int64)':
      return { [`${prefix}_int64s`]: ints(1) };
    case 'tensor(string)':
      return { [`${prefix}_strings`]: texts('a') };
    default: {
      const element = elementOf(type === undefined ? null : parseTypeName(type));
      const value = element === null ? null : zero(element);
      return value === null ? {} : { [`${prefix}_tensor`]: { kind: 'tensor', value } };
    }
  }
}

/** Hands out a value of the graph around it. */
function branch(type: string | undefined): Graph {
  return probeGraph([identityNode(OUTER_VALUE, 'result')], {
    inputs: [],
    outputs: [valueInfo('result', typeNamed(type))],
  });
}

function loopBody(type: string | undefined): Graph {
  const carried = typeNamed(type);
  const condition: ValueType = { kind: 'tensor', elementType: 'bool', shape: [] };
  const nodes: readonly Node[] = [identityNode('go_on', 'goes_on'), identityNode('value', 'result')];
  return probeGraph(nodes, {
    inputs: [
      valueInfo('round', { kind: 'tensor', elementType: 'int64', shape: [] }),
      valueInfo('go_on', condition),
      valueInfo('value', carried),
    ],
    outputs: [valueInfo('goes_on', condition), valueInfo('result', carried)],
  });
}

function scanBody(type: string | undefined): Graph {
  const element = typeNamed(type);
  return probeGraph([identityNode('value', 'result')], {
    inputs: [valueInfo('value', element)],
    outputs: [valueInfo('result', element)],
  });
}

function typeNamed(name: string | undefined): ValueType | null {
  return name === undefined ? null : parseTypeName(name);
}

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
