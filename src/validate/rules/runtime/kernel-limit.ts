import type { ElementType, Node } from '../../../onnx/model.ts';
import { decodeUtf8 } from '../../../onnx/utf8.ts';
import { nodeLocation, operatorName } from '../describe.ts';
import type { Rule } from '../rule.ts';
import { modeTexts } from './mode-texts.ts';
import { patternFault } from './pattern-fault.ts';

export const rule: Rule = {
  id: 'runtime/kernel-limit',
  severity: 'error',
  title: 'No node uses a mode of its operator that the kernel lacks',
  explanation:
    'A kernel may exist for an operator and its types and still refuse some of its attributes, when the session is created.',
  mend: 'Export without that mode.',
  source:
    'The runtime, tried for each row of the table: "Batchwise recurrent operations (layout == 1) are not supported".',
  *check({ nodes, tensors, usedNames }) {
    for (const at of nodes) {
      if (!LIMITED_DOMAINS.has(at.node.domain) || !at.schema || !at.place.reached) continue;
      const used = usedNames(at.place);
      // The runtime drops a node that nothing reads before it makes its kernel.
      if (!at.node.outputs.some((name) => used.has(name))) continue;
      for (const { what, mend } of limitsOf(at.node, at.schema.since)) {
        const message = `${operatorName(at.node)} "${at.label}" ${what}`;
        yield { message, location: nodeLocation(at), ...(mend !== undefined && { mend }) };
      }
    }
    for (const { tensor, title, isUsed, role } of tensors) {
      if (!isUsed || role === 'sparse' || !UNLOADED.has(tensor.elementType)) continue;
      const message = `${title} is of type ${tensor.elementType}, which the runtime cannot load`;
      yield { message, location: { tensor: tensor.name }, mend: 'Store the weight in a type that the runtime has.' };
    }
  },
};

/** Types of weights at which the runtime gives up with "Unhandled TensorProto_DataType". */
const UNLOADED: ReadonlySet<ElementType> = new Set(['float8e8m0', 'float6e2m3', 'float6e3m2'] as const);

interface Beyond {
  readonly what: string;
  readonly mend?: string;
}

interface KernelLimit extends Beyond {
  readonly isBeyond: (node: Node, since: number) => boolean;
}

function* limitsOf(node: Node, since: number): Iterable<Beyond> {
  yield* patternsBeyond(node);
  if (node.domain !== '') return;
  for (const { name, value } of node.attributes) {
    const texts = value.kind === 'string' ? modeTexts(node.opType, name, since) : null;
    const text = value.kind === 'string' ? decodeUtf8(value.value, () => {}) : '';
    if (texts && !texts.includes(text)) {
      const mend = `Set ${name} to one of ${texts.join(', ')}.`;
      yield { what: `has ${name} ${JSON.stringify(text.slice(0, 40))}; wanted ${texts.join(', ')}`, mend };
    }
  }
  const limits = Object.hasOwn(LIMITS, node.opType) ? (LIMITS[node.opType] ?? []) : [];
  yield* limits.filter((limit) => limit.isBeyond(node, since));
}

/** Domains with operators that this rule knows. */
const LIMITED_DOMAINS: ReadonlySet<string> = new Set(['', 'com.microsoft']);

/** By operator, the attributes that are regular expressions. */
const PATTERNS: Readonly<Record<string, readonly string[]>> = {
  RegexFullMatch: ['pattern'],
  Tokenizer: ['tokenexp', 'separators'],
};

function* patternsBeyond(node: Node): Iterable<Beyond> {
  const names = Object.hasOwn(PATTERNS, node.opType) ? (PATTERNS[node.opType] ?? []) : [];
  for (const name of names) {
    const fault = [textOf(node, name, ''), ...textsOf(node, name)].map(patternFault).find((found) => found !== null);
    if (fault === undefined) continue;
    const what = `has in ${name} ${fault}, which RE2, the runtime's engine for regular expressions, does not take`;
    yield { what, mend: `Write ${name} without it; RE2 has no references, no look-around and no flags of Python.` };
  }
}

const BATCHWISE: KernelLimit = {
  isBeyond: (node) => intAttribute(node, 'layout') === 1n,
  what: 'has layout 1 (batch first), for which the runtime has no kernel',
  mend: 'Export with layout 0 and transpose around the node; exporters of PyTorch and TensorFlow do so by themselves.',
};

/** Names count in any case. */
const ACTIVATIONS =
  /^(affine|relu|leakyrelu|thresholdedrelu|tanh|scaledtanh|sigmoid|hardsigmoid|elu|softsign|softplus)$/i;

const ACTIVATED: KernelLimit = {
  isBeyond: (node) => textsOf(node, 'activations').some((name) => !ACTIVATIONS.test(name)),
  what: 'has an activation that the runtime does not know',
  mend: 'Export with sigmoid, tanh, relu or another activation of the specification.',
};

const SIZELESS: KernelLimit = {
  isBeyond: (node) => intAttribute(node, 'hidden_size') === undefined,
  what: 'has no attribute hidden_size, which the runtime does not take from the weights',
  mend: 'Set hidden_size to the number of neurons in the hidden layer.',
};

/** An attribute whose whole number means a mode; left out, it is one that the kernel has. */
function oneOf(name: string, numbers: readonly bigint[]): KernelLimit {
  return {
    isBeyond: (node) => !numbers.includes(intAttribute(node, name) ?? numbers[0] ?? 0n),
    what: `has an attribute ${name} other than ${numbers.join(', ')}`,
    mend: `Set ${name} to one of ${numbers.join(', ')}.`,
  };
}

const CUMULATIVE: readonly KernelLimit[] = [oneOf('exclusive', [0n, 1n]), oneOf('reverse', [0n, 1n])];

/** Numbers of the 8-bit floating-point types in TensorProto.DataType. */
const FLOAT8: readonly bigint[] = [17n, 18n, 19n, 20n];

const LIMITS: Readonly<Record<string, readonly KernelLimit[]>> = {
  Attention: [oneOf('qk_matmul_output_mode', [0n, 1n, 2n, 3n, -1n])],
  Cast: [
    {
      isBeyond: (node) => intAttribute(node, 'saturate') === 0n && !FLOAT8.includes(intAttribute(node, 'to') ?? 0n),
      what: 'has saturate 0, which the kernel takes only for casts to an 8-bit float',
      mend: 'Leave the attribute saturate out.',
    },
  ],
  CumProd: CUMULATIVE,
  CumSum: CUMULATIVE,
  Mod: [oneOf('fmod', [0n, 1n])],
  RegexFullMatch: [
    {
      isBeyond: (node) => !node.attributes.some(({ name }) => name === 'pattern'),
      what: 'has no attribute pattern, without which the runtime makes no kernel',
      mend: 'Set pattern to the expression that has to match.',
    },
  ],
  Resize: [
    {
      isBeyond: (node) => intAttribute(node, 'antialias') === 1n && textOf(node, 'mode', 'nearest') === 'nearest',
      what: 'has antialias 1 in mode nearest; wanted mode linear or cubic',
      mend: 'Set mode to linear or cubic, or leave antialias out.',
    },
  ],
  // What linear asks beside depends on the scales, so that the modes cannot be tried one by one.
  Upsample: [
    {
      isBeyond: (node) => !['nearest', 'linear', 'cubic'].includes(textOf(node, 'mode', 'nearest')),
      what: 'has a mode other than nearest, linear, cubic',
    },
  ],
  RNN: [BATCHWISE, ACTIVATED, SIZELESS],
  GRU: [BATCHWISE, ACTIVATED, SIZELESS],
  LSTM: [BATCHWISE, ACTIVATED, SIZELESS],
  LRN: [
    {
      isBeyond: (node) => (intAttribute(node, 'size') ?? 1n) % 2n !== 1n,
      what: 'has an even number of channels to sum over',
      mend: 'Set size to an odd number.',
    },
  ],
  LpNormalization: [
    { isBeyond: (node) => ![1n, 2n].includes(intAttribute(node, 'p') ?? 2n), what: 'has a norm p other than 1 and 2' },
  ],
  ReverseSequence: [
    {
      isBeyond: (node) => (intAttribute(node, 'batch_axis') ?? 1n) === (intAttribute(node, 'time_axis') ?? 0n),
      what: 'has the same axis for batch and time',
      mend: 'Let batch_axis and time_axis be 0 and 1, in the order that the data have.',
    },
  ],
};

function intAttribute(node: Node, name: string): bigint | undefined {
  const value = node.attributes.find((attribute) => attribute.name === name)?.value;
  return value?.kind === 'int' ? value.value : undefined;
}

function textOf(node: Node, name: string, otherwise: string): string {
  const value = node.attributes.find((attribute) => attribute.name === name)?.value;
  return value?.kind === 'string' ? decodeUtf8(value.value, () => {}) : otherwise;
}

function textsOf(node: Node, name: string): readonly string[] {
  const value = node.attributes.find((attribute) => attribute.name === name)?.value;
  return value?.kind === 'strings' ? value.values().map((text) => decodeUtf8(text, () => {})) : [];
}
