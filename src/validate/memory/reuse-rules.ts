import type { Node } from '../../onnx/model.ts';

/** Which input of a kernel an output may take the buffer of, by their places. */
export type Pair = readonly [input: number, output: number];

export interface ReuseRule {
  /** The output is the input under another shape: it always shares the buffer. */
  readonly alias?: readonly Pair[];
  /** The output may be written over the input once nothing else needs that. */
  readonly inPlace?: readonly Pair[];
  /** The output is a sequence that holds the tensors of the first input, which live for as long as it does, and a copy of `added`. */
  readonly holdsFirst?: { readonly added: number | null };
}

const FIRST: readonly Pair[] = [[0, 0]];
const NONE: ReuseRule = {};
const ALIAS: ReuseRule = { alias: FIRST };
const IN_PLACE: ReuseRule = { inPlace: FIRST };

/**
 * What the kernels of onnxruntime 1.30.0 declare, as seen from outside: each was run on an intermediate value as its last user,
 * and the allocations were counted. Arithmetic kernels (`Add`, `Mul`, `Sqrt`, `Erf` ...) do not write in place.
 */
const RULES: Readonly<Record<string, ReuseRule>> = {
  ...each(ALIAS, 'Identity Reshape Flatten Squeeze Unsqueeze'),
  ...each(
    IN_PLACE,
    'Relu Sigmoid Tanh Elu LeakyRelu ThresholdedRelu Softplus Softsign HardSigmoid Selu Celu Softmax LogSoftmax',
    'Clip Shrink Trilu Cast ScatterElements Scatter',
  ),
  SequenceInsert: { holdsFirst: { added: 1 } },
  SequenceErase: { holdsFirst: { added: null } },
  'com.microsoft:FusedConv': { inPlace: [[3, 0]] },
  'com.microsoft.nchwc:Conv': { inPlace: [[3, 0]] },
  'com.microsoft:NhwcFusedConv': { inPlace: [[3, 0]] },
};

/** The rule for a node; kernels that are not listed share nothing. */
export function reuseRule({ domain, opType }: Pick<Node, 'domain' | 'opType'>): ReuseRule {
  return RULES[domain === '' ? opType : `${domain}:${opType}`] ?? NONE;
}

function each(rule: ReuseRule, ...lists: readonly string[]): Readonly<Record<string, ReuseRule>> {
  return Object.fromEntries(lists.flatMap((list) => list.split(' ')).map((name) => [name, rule]));
}
