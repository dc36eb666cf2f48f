import type { ElementType, ValueInfo, ValueType } from '../../../onnx/model.ts';
import { typeText } from '../describe.ts';
import type { Rule, Violation } from '../rule.ts';

export const rule: Rule = {
  id: 'runtime/binding-type',
  severity: 'error',
  title: 'Inputs and outputs are of types that the server can pass to the runtime',
  explanation:
    'The image serves the model from Node. Its binding carries tensors of the usual types; a model may use others inside, but not at its edge. Classifiers exported from scikit-learn end in a sequence of maps unless told otherwise.',
  mend: 'Cast at the edge: take and give float, and convert inside.',
  source: 'onnxruntime-node 1.30: "Unsupported data type", "Non tensor type is temporarily not supported".',
  fixable: true,
  *check({ model: { graph } }) {
    const given = new Set(graph.initializers.map((tensor) => tensor.name));
    for (const input of graph.inputs) if (!given.has(input.name)) yield* violations(input, 'input');
    for (const output of graph.outputs) yield* violations(output, 'output');
  },
};

/**
 * Element types that the binding carries. It refuses bfloat16, 8-bit floats and 2-bit integers when the session is created;
 * 4-bit integers it cannot take as inputs, and it ends the process when it reads them as outputs.
 */
const CARRIED: ReadonlySet<ElementType> = new Set([
  'float',
  'uint8',
  'int8',
  'uint16',
  'int16',
  'int32',
  'int64',
  'string',
  'bool',
  'float16',
  'double',
  'uint32',
  'uint64',
] as const);

function* violations(value: ValueInfo, role: 'input' | 'output'): Iterable<Violation> {
  const type = value.type;
  if (type === null) return;
  const location = { tensor: value.name };
  if (isCarried(type)) return;
  const message = `${role} "${value.name}" is of type ${typeText(type)}; wanted a tensor of a type that Node can hold`;
  // An optional tensor passes as a plain one, so only its absence cannot be said.
  if (type.kind === 'optional' && type.element !== null && isCarried(type.element)) {
    yield { message, location, severity: 'warning' };
    return;
  }
  yield { message, location, ...(type.kind === 'sequence' ? { mend: SEQUENCE_MEND } : {}) };
}

const SEQUENCE_MEND =
  'For a classifier, convert with `zipmap=False`, or let `plimsoll fix --only production/zipmap` give the probabilities as a tensor; else stack the sequence inside the model.';

function isCarried(type: ValueType): boolean {
  return type.kind === 'tensor' && (CARRIED.has(type.elementType) || type.elementType === 'undefined');
}
