import type { ElementType, ValueInfo, ValueType } from '../../../onnx/model.ts';
import { castableNames } from '../../fix/mends/cast-at-edge.ts';
import type { Fact } from '../../shapes/fact.ts';
import { typeText } from '../describe.ts';
import type { Rule, Violation } from '../rule.ts';

export const rule: Rule = {
  id: 'runtime/binding-type',
  severity: 'error',
  title: 'Inputs and outputs are of types that the server can pass to the runtime',
  explanation:
    'The image serves the model from Node. Its binding carries tensors of the usual types; a model may use others inside, but not at its edge. Classifiers exported from scikit-learn end in a sequence of maps unless told otherwise.',
  mend: 'Cast at the edge: take and give float, and convert inside. Sequences and maps have to give way to tensors where the model is exported.',
  source: 'onnxruntime-node 1.30: "Unsupported data type", "Non tensor type is temporarily not supported".',
  fixable: true,
  *check({ model: { graph }, places, shapedFacts }) {
    const given = new Set(graph.initializers.map((tensor) => tensor.name));
    const castable = castableNames(graph);
    for (const input of graph.inputs) if (!given.has(input.name)) yield* violations(input, { role: 'input', castable });
    const whole = places[0];
    const facts = whole ? shapedFacts(whole)[0] : undefined;
    for (const output of graph.outputs) {
      const type = output.type ?? inferredType(facts?.(output.name));
      yield* violations({ ...output, type }, { role: 'output', castable });
    }
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

/** The type of an output that the file leaves to inference, as the runtime does. */
function inferredType(fact: Fact | undefined): ValueType | null {
  return fact?.kind === 'tensor' ? { kind: 'tensor', elementType: fact.elementType, shape: null } : null;
}

interface Edge {
  readonly role: 'input' | 'output';
  readonly castable: ReadonlySet<string>;
}

function* violations(value: ValueInfo, { role, castable }: Edge): Iterable<Violation> {
  const type = value.type;
  if (type === null || isCarried(type)) return;
  const location = { tensor: value.name };
  const message = `${role} "${value.name}" is of type ${typeText(type)}; wanted a tensor of a type that Node can hold`;
  if (castable.has(value.name)) yield { message, location };
  // An optional tensor passes as a plain one, so only its absence cannot be said.
  else if (type.kind === 'optional' && type.element !== null && isCarried(type.element)) {
    yield { message, location, severity: 'warning', fixable: false, mend: OPTIONAL_MEND };
  } else yield { message, location, fixable: false, ...mendOf(type, role) };
}

function mendOf({ kind }: ValueType, role: Edge['role']): { readonly mend?: string } {
  const mend = KIND_MENDS[role][kind];
  return mend === undefined ? {} : { mend };
}

const OPTIONAL_MEND = 'Take a plain tensor, and another input that says whether it counts.';

const SPARSE_MEND = 'Take and give a dense tensor, or its indices and values as two.';

/** What a sequence has in its place at the edge depends on what it is for, so nothing but its author can change it. */
const KIND_MENDS: Readonly<Record<Edge['role'], Partial<Readonly<Record<ValueType['kind'], string>>>>> = {
  input: {
    sequence:
      'Take one tensor with the elements along a new first axis and part it inside the model (SplitToSequence), or one input for each element.',
    map: 'Take the values as a tensor, in the order of a vocabulary that the client knows: what DictVectorizer and CastMap would make of the map.',
    optional: OPTIONAL_MEND,
    'sparse-tensor': SPARSE_MEND,
  },
  output: {
    sequence:
      'For a classifier, convert with `zipmap=False`, or let `plimsoll fix --only production/zipmap` give the probabilities as a tensor; else stack the sequence inside the model (ConcatFromSequence).',
    map: 'Give the values as a tensor, in the order of labels that the client knows; for a classifier convert with `zipmap=False`.',
    optional: 'Give a plain tensor, empty where there is none.',
    'sparse-tensor': SPARSE_MEND,
  },
};

function isCarried(type: ValueType): boolean {
  return type.kind === 'tensor' && (CARRIED.has(type.elementType) || type.elementType === 'undefined');
}
