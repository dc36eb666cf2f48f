import type { Graph, Model, Node, ValueInfo, ValueType } from '../../onnx/model.ts';
import type { FormalParameter, OperatorSchema } from './operator-schemas.ts';
import { OUTER_VALUE, probeAttributes } from './probe-attributes.ts';
import { NOTHING, probeGraph, valueInfo } from './probe-graph.ts';
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
    attributes: probeAttributes(schema, { types, outputType: free === undefined ? null : typeOf(free) }),
  };
  if (schema.name === 'If' && types.V !== undefined) values.push(valueInfo(OUTER_VALUE, parseTypeName(types.V)));
  return modelOf(schema, probeGraph([node], { inputs: values, outputs: results }));
}

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

const inputName = (index: number): string => `i${index}`;
const outputName = (index: number): string => `o${index}`;

/** Their inference reads the types of inputs that are optional. */
const GIVEN_WHOLE = /^QLinear/;

/** In their places; `null` where one is left out. */
function neededInputs(schema: OperatorSchema): readonly (FormalParameter | null)[] {
  const needed: (FormalParameter | null)[] = [];
  const settled = new Set<string>();
  for (const formal of schema.inputs) {
    const settles = schema.types.has(formal.type) && !settled.has(formal.type);
    const isNeeded =
      formal.option === 'single' ||
      settles ||
      GIVEN_WHOLE.test(schema.name) ||
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
