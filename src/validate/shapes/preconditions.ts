import { normalizeAxis } from './axes.ts';
import { Contradiction } from './contradiction.ts';
import { renderShape } from './fact.ts';
import type { NodeContext } from './node-context.ts';
import { isEqual } from './size/extremes.ts';

/** What an operator demands of its inputs beside what its outputs' shapes need. Throws `Contradiction`; silent where too little is known. */
export type Precondition = (context: NodeContext) => void;

/** Reports the first precondition of the operator that the node breaks; its outputs may be told all the same. */
export function reportBrokenPrecondition(context: NodeContext): void {
  const { domain, opType } = context.node;
  const table = PRECONDITIONS[domain];
  if (table === undefined || !Object.hasOwn(table, opType)) return;
  try {
    for (const precondition of table[opType] ?? []) precondition(context);
  } catch (error) {
    if (!(error instanceof Contradiction)) throw error;
    context.report(error);
  }
}

function rank(input: number, least: number, most = Number.POSITIVE_INFINITY): Precondition {
  return (context) => {
    const shape = context.shapeIfKnown(input);
    if (!shape || (shape.length >= least && shape.length <= most)) return;
    const wanted = most === least ? `rank ${least}` : `rank ${least} or ${most === least + 1 ? most : 'more'}`;
    throw new Contradiction('an input has the wrong rank', { found: `rank ${shape.length}`, wanted, input });
  };
}

/** One value: a scalar, or a tensor of one dimension with one element. */
function oneElement(input: number): Precondition {
  return (context) => {
    const shape = context.shapeIfKnown(input);
    if (!shape) return;
    const isOne = shape.length === 0 || (shape.length === 1 && isEqual(shape[0] ?? 1, 1) !== false);
    if (isOne) return;
    throw new Contradiction('an input has to be one value', { found: renderShape(shape), wanted: '[] or [1]', input });
  };
}

/** Two dimensions of two inputs, each as `[input, axis]`, are of one size. */
function sameSize(left: readonly [number, number], right: readonly [number, number]): Precondition {
  return (context) => {
    const [a, b] = [left, right].map(([input, axis]) => context.shapeIfKnown(input)?.at(axis));
    if (a === undefined || b === undefined || isEqual(a, b) !== false) return;
    throw new Contradiction('two inputs do not fit each other', {
      found: `${renderShape([a])} at axis ${left[1]} of input ${left[0]}`,
      wanted: `${renderShape([b])}, as at axis ${right[1]} of input ${right[0]}`,
      input: left[0],
    });
  };
}

/** The axis that the attribute names is one of input 0, which therefore is no scalar. */
const axisOfInput: Precondition = (context) => {
  const shape = context.shapeIfKnown(0);
  if (shape) normalizeAxis(context.int('axis', context.version < 13 ? 1 : -1), shape.length);
};

/** Before version 11 an axis did not count from the back. */
const flattenedFrom: Precondition = (context) => {
  const shape = context.shapeIfKnown(0);
  const axis = context.int('axis', 1);
  const least = context.version < 11 ? 0 : -(shape?.length ?? 0);
  if (!shape || (axis >= least && axis <= shape.length)) return;
  throw new Contradiction('an axis lies outside of the tensor', {
    found: `axis ${axis}`,
    wanted: `${least} to ${shape.length}`,
  });
};

/** The last dimension of the grid holds a coordinate for each spatial dimension of the image. */
const gridCoordinates: Precondition = (context) => {
  const grid = context.shapeIfKnown(1);
  const found = grid?.at(-1);
  if (!grid || found === undefined || isEqual(found, grid.length - 2) !== false) return;
  throw new Contradiction('the grid has not one coordinate for each spatial dimension', {
    found: renderShape(grid),
    wanted: `${grid.length - 2} at the end`,
    input: 1,
  });
};

/** The statistics are outputs of training alone. */
const statisticsOfTraining: Precondition = (context) => {
  if (context.version < 14 || context.flag('training_mode') || context.outputCount <= 1) return;
  throw new Contradiction('there are statistics only in training', {
    found: `${context.outputCount} outputs with training_mode 0`,
    wanted: '1 output',
  });
};

const KEYS = ['keys_tensor', 'keys_strings', 'keys_int64s', 'keys_floats'];
const VALUES = ['values_tensor', 'values_strings', 'values_int64s', 'values_floats'];

/** Version 1 had one list of classes for both. */
const keysAndValues: Precondition = (context) => {
  if (context.version < 2) return;
  for (const names of [KEYS, VALUES]) {
    if (names.some((name) => context.attribute(name) !== null)) continue;
    throw new Contradiction('there is nothing to encode from or to', { wanted: `one of ${names.join(', ')}` });
  }
  const [keys, values] = [KEYS, VALUES].map((names) =>
    names.map((name) => entries(context, name)).find((count) => count > 0),
  );
  if (keys === values) return;
  throw new Contradiction('there is not one value for each key', {
    found: `${keys ?? 0} keys and ${values ?? 0} values`,
    wanted: 'as many of both',
  });
};

/** How many values an attribute holds, as a list or as a tensor. */
function entries(context: NodeContext, name: string): number {
  const value = context.attribute(name);
  return value?.kind === 'tensor'
    ? value.value.dims.reduce((count, size) => count * size, 1)
    : context.listLength(name);
}

/** Without heads as a dimension their number has to be said. */
const rotaryHeads: Precondition = (context) => {
  const dimensions = context.int('rotary_embedding_dim', 0);
  if (dimensions < 0)
    throw new Contradiction('attribute rotary_embedding_dim is below zero', { found: String(dimensions) });
  if (context.shapeIfKnown(0)?.length !== 3 || context.int('num_heads', 0) > 0) return;
  throw new Contradiction('the number of heads is not known', {
    found: 'an input of rank 3 and no attribute num_heads',
    wanted: 'num_heads, or rank 4',
    input: 0,
  });
};

const AXIS_OF_INPUT = [axisOfInput];

/** By domain and operator; a rank or axis that the rule for the outputs asks for itself is not repeated here. */
const PRECONDITIONS: Readonly<Record<string, Readonly<Record<string, readonly Precondition[]>>>> = {
  '': {
    Attention: [rank(4, 4, 4), rank(5, 4, 4)],
    BatchNormalization: [statisticsOfTraining],
    Col2Im: [rank(1, 1, 1), rank(2, 1, 1), sameSize([2, 0], [1, 0])],
    ConstantOfShape: [rank(0, 1, 1)],
    Dropout: [rank(1, 0, 0), rank(2, 0, 0)],
    Expand: [rank(1, 1, 1)],
    Flatten: [flattenedFrom],
    GridSample: [gridCoordinates],
    Hardmax: AXIS_OF_INPUT,
    LogSoftmax: AXIS_OF_INPUT,
    MaxUnpool: [rank(0, 2), rank(1, 2)],
    OneHot: [oneElement(1)],
    Reshape: [rank(1, 1, 1)],
    ReverseSequence: [rank(0, 2), rank(1, 1, 1)],
    RotaryEmbedding: [rotaryHeads],
    Softmax: AXIS_OF_INPUT,
    TensorScatter: [rank(2, 1, 1), sameSize([2, 0], [0, 0])],
    Trilu: [rank(0, 2)],
  },
  'ai.onnx.ml': {
    LabelEncoder: [keysAndValues],
    TreeEnsemble: [rank(0, 2, 2)],
  },
};
